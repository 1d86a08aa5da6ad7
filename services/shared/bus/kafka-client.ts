// One kafkajs client, set up for this project. Every number that has to do with time and is not a consumer's is here.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { ConnectionOptions } from 'node:tls'
import { Kafka } from 'kafkajs'
import type { ISocketFactory, KafkaConfig, logCreator } from 'kafkajs'
import { KonstructError } from '../runtime/errors.ts'
import type { Secret } from '../runtime/read-config.ts'
import { calmRequestQueue } from './calm-request-queue.ts'

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

/** Who we are, where Kafka asks for a certificate: paths of PEM files. */
interface ClientCertificate {
  readonly certFile: string
  readonly keyFile: string
}

export interface KafkaOptions {
  /** `host:port`, at least one; the others of the cluster are found through it. */
  readonly brokers: readonly string[]
  /** Shown in Kafka's logs and quotas. */
  readonly clientId: string
  /** Given: TLS. The broker's certificate is verified by its name and by an authority that Node trusts. */
  readonly tls?: ClientCertificate | Readonly<Record<string, never>>
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: Secret }
  /** When a publish gives up, in milliseconds; 10 000 unless set. */
  readonly publishTimeoutMs?: number
}

/**
 * How often kafkajs tries by itself before it reports: 6 times within 2.5 s. Long enough for a new leader to be known or
 * a group to settle; what lasts longer is handled by our own loops, which say so and never give up.
 */
export const clientRetry = {
  retries: 5,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  multiplier: 2,
  factor: 0.2,
}

/** kafkajs' own sockets wait for the answer to the last request before they send a further small one (Nagle). */
const promptSockets = (): ISocketFactory => {
  const kafkaSockets = createRequire(import.meta.url)(
    'kafkajs/src/network/socketFactory',
  ) as () => ISocketFactory
  const open = kafkaSockets()
  return (options) => open(options).setNoDelay(true)
}

/**
 * Verified always: no setting of ours, and no NODE_TLS_REJECT_UNAUTHORIZED, switches that off. A client certificate is read
 * at every connection, because it is renewed more often than this process starts.
 */
const tlsOptions = (tls: NonNullable<KafkaOptions['tls']>): ConnectionOptions => {
  const { certFile, keyFile } = tls
  if (certFile === undefined || keyFile === undefined) return { rejectUnauthorized: true }
  return {
    rejectUnauthorized: true,
    get cert() {
      return readFileSync(certFile)
    },
    get key() {
      return readFileSync(keyFile)
    },
  }
}

const saslOptions = ({ mechanism, username, password }: NonNullable<KafkaOptions['sasl']>) =>
  ({ mechanism, username, password: password.reveal() }) as NonNullable<KafkaConfig['sasl']>

/** A kafkajs client that connects to nothing yet. */
export const createKafkaClient = (
  clientLog: logCreator,
  { brokers, clientId, tls, sasl }: KafkaOptions,
  retry: KafkaConfig['retry'] = clientRetry,
): Kafka => {
  calmRequestQueue()
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    // Time for DNS, TCP and TLS; kafkajs' 1 s is short for a busy machine.
    connectionTimeout: 3_000,
    // A broker that hangs is given up before a publish is. Joining a group has its own, longer limit in kafkajs.
    requestTimeout: 6_000,
    retry,
    socketFactory: promptSockets(),
    logCreator: clientLog,
  })
}

/** Any failure to reach Kafka, as the one error that the port promises. */
export const busUnavailable = (cause: unknown): KonstructError =>
  cause instanceof KonstructError ? cause : new KonstructError('BUS_UNAVAILABLE', { cause })
