// From a part's settings to what the door to Kafka needs to get in: brokers, TLS, user name and password.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { KonstructError } from '../runtime/errors.ts'
import type { Secret } from '../runtime/read-config.ts'
import type { KafkaOptions, SaslMechanism } from './kafka-client.ts'

interface AccessSettings {
  readonly kafkaBrokers: readonly string[]
  readonly kafkaTls: boolean
  readonly kafkaSaslMechanism: SaslMechanism | 'none'
  readonly kafkaUsername: string
  readonly kafkaPassword: Secret
  /** Empty: none. */
  readonly kafkaCertFile: string
  readonly kafkaKeyFile: string
}

/** Read once more at every connection; here it is seen that they can be, before anything starts. */
const checkCertificate = (certFile: string, keyFile: string): void => {
  try {
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
  } catch (thrown) {
    throw new KonstructError('CONFIG_INVALID', {
      message: `KONSTRUCT_KAFKA_CERT_FILE and KONSTRUCT_KAFKA_KEY_FILE must be a certificate and its key in PEM (${(thrown as Error).message}).`,
    })
  }
}

const tlsOf = ({ kafkaTls, kafkaCertFile: certFile, kafkaKeyFile: keyFile }: AccessSettings) => {
  if (!kafkaTls) return {}
  if (certFile === '') return { tls: {} }
  checkCertificate(certFile, keyFile)
  return { tls: { certFile, keyFile } }
}

/** @throws KonstructError `CONFIG_INVALID` when the client certificate cannot be used */
export const kafkaAccess = (settings: AccessSettings): Pick<KafkaOptions, 'brokers' | 'tls' | 'sasl'> => {
  const { kafkaBrokers: brokers, kafkaSaslMechanism: mechanism, kafkaUsername: username } = settings
  const sasl = mechanism === 'none' ? {} : { sasl: { mechanism, username, password: settings.kafkaPassword } }
  return { brokers, ...tlsOf(settings), ...sasl }
}
