// Settings that every deployable has under the same name, because they speak of the same parts.
import { redisUrl } from '../redis/redis-address.ts'
import { databaseUrl } from '../store/database-address.ts'
import { logLevelSetting } from './run-service.ts'
import { choice, type ConfigOf, flag, integer, list, Secret, secret, text } from './read-config.ts'

/** Whose certificates are trusted is no setting of ours: Node's NODE_EXTRA_CA_CERTS names a PEM file, for all of them. */
const kafkaSettings = {
  kafkaBrokers: list({ env: 'KONSTRUCT_KAFKA_BROKERS', about: 'host:port of brokers, split by commas' }),
  kafkaTls: flag({
    env: 'KONSTRUCT_KAFKA_TLS',
    about: 'true: TLS to Kafka, its certificates verified',
    fallback: false,
  }),
  kafkaSaslMechanism: choice({
    env: 'KONSTRUCT_KAFKA_SASL_MECHANISM',
    about: 'how to say to Kafka who we are; plain sends the password as it is, so use it with TLS',
    values: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
    fallback: 'none',
  }),
  kafkaUsername: text({ env: 'KONSTRUCT_KAFKA_USERNAME', about: 'our name at Kafka', fallback: '' }),
  kafkaPassword: secret({
    env: 'KONSTRUCT_KAFKA_PASSWORD',
    about: 'our password at Kafka',
    fallback: new Secret(''),
  }),
  kafkaCertFile: text({
    env: 'KONSTRUCT_KAFKA_CERT_FILE',
    about: 'PEM file of our certificate, where Kafka asks for one; read again at every connection',
    fallback: '',
  }),
  kafkaKeyFile: text({
    env: 'KONSTRUCT_KAFKA_KEY_FILE',
    about: 'PEM file of the key of that certificate, without a passphrase',
    fallback: '',
  }),
} as const

/** What settings of Kafka say against one another: a sentence each, with what to set. */
export const kafkaContradictions = (config: ConfigOf<typeof kafkaSettings>): readonly string[] => {
  const { kafkaSaslMechanism: mechanism, kafkaUsername: username } = config
  const password = config.kafkaPassword.reveal()
  const certificate = [config.kafkaCertFile, config.kafkaKeyFile].filter((file) => file !== '')
  const problems: readonly (readonly [boolean, string])[] = [
    [
      mechanism !== 'none' && (username === '' || password === ''),
      `KONSTRUCT_KAFKA_SASL_MECHANISM=${mechanism} needs KONSTRUCT_KAFKA_USERNAME and KONSTRUCT_KAFKA_PASSWORD: set both`,
    ],
    [
      mechanism === 'none' && username + password !== '',
      'KONSTRUCT_KAFKA_USERNAME and KONSTRUCT_KAFKA_PASSWORD need KONSTRUCT_KAFKA_SASL_MECHANISM: set it to plain, scram-sha-256 or scram-sha-512',
    ],
    [certificate.length === 1, 'set both KONSTRUCT_KAFKA_CERT_FILE and KONSTRUCT_KAFKA_KEY_FILE, or neither'],
    [
      certificate.length > 0 && !config.kafkaTls,
      'KONSTRUCT_KAFKA_CERT_FILE and KONSTRUCT_KAFKA_KEY_FILE need TLS: set KONSTRUCT_KAFKA_TLS=true',
    ],
  ]
  return problems.filter(([holds]) => holds).map(([, sentence]) => sentence)
}

export const partSettings = {
  redisUrl: redisUrl({ env: 'KONSTRUCT_REDIS_URL', about: 'redis:// URL, or rediss:// for TLS' }),
  ...kafkaSettings,
  topicPrefix: text({
    env: 'KONSTRUCT_TOPIC_PREFIX',
    about: 'begins the names of topics and consumer groups, to keep installations on one Kafka apart',
    fallback: '',
  }),
  adminPort: integer({
    env: 'KONSTRUCT_ADMIN_PORT',
    about: 'TCP port of /livez, /readyz and /metrics; the operator also has /status there',
    fallback: 9090,
    min: 0,
    max: 65_535,
  }),
  logLevel: logLevelSetting,
} as const

/** `role`: as whom to connect. The pool's default fits the part. */
export const databaseSettings = (role: 'app' | 'operator', pool: number) =>
  ({
    databaseUrl: databaseUrl({
      env: 'KONSTRUCT_DATABASE_URL',
      about: `postgres:// URL of the ${role} role, with ?sslmode=verify-full for TLS`,
    }),
    databasePool: integer({
      env: 'KONSTRUCT_DATABASE_POOL',
      about: 'connections to PostgreSQL at most; nobody holds one for more than some milliseconds',
      fallback: pool,
      min: 2,
      max: 500,
    }),
  }) as const
