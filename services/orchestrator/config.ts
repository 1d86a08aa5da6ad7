// The orchestrator's settings, one table: name in the environment, unit, default, one sentence.
import { integer, list, readConfig, secret, text } from '../shared/runtime/read-config.ts'
import { logLevelSetting } from '../shared/runtime/run-service.ts'
import { keyringSetting } from '../shared/store/seal.ts'

const settings = {
  databaseUrl: secret({ env: 'KONSTRUCT_DATABASE_URL', about: 'postgres:// URL of the app role' }),
  databasePool: integer({
    env: 'KONSTRUCT_DATABASE_POOL',
    about: 'connections to PostgreSQL at most; a turn needs one for some milliseconds only',
    fallback: 16,
    min: 2,
    max: 500,
  }),
  redisUrl: secret({ env: 'KONSTRUCT_REDIS_URL', about: 'redis:// or rediss:// URL' }),
  kafkaBrokers: list({ env: 'KONSTRUCT_KAFKA_BROKERS', about: 'host:port of brokers, split by commas' }),
  topicPrefix: text({
    env: 'KONSTRUCT_TOPIC_PREFIX',
    about: 'begins the names of the topics and of the consumer group, to keep installations apart',
    fallback: '',
  }),
  keyring: keyringSetting,
  host: text({ env: 'KONSTRUCT_HOST', about: 'address that the admin port listens on', fallback: '0.0.0.0' }),
  adminPort: integer({
    env: 'KONSTRUCT_ADMIN_PORT',
    about: 'TCP port of /livez, /readyz and /metrics',
    fallback: 9090,
    min: 0,
    max: 65_535,
  }),
  capacity: integer({
    env: 'KONSTRUCT_CAPACITY',
    about: 'turns that this process runs at once; one costs a socket, some memory and about 1 % of a core',
    fallback: 64,
    min: 1,
    max: 10_000,
  }),
  leaseMs: integer({
    env: 'KONSTRUCT_LEASE_MS',
    about: 'milliseconds after which the turns of a dead process are taken up by another',
    fallback: 5_000,
    min: 500,
    max: 60_000,
  }),
  takeUpEveryMs: integer({
    env: 'KONSTRUCT_TAKE_UP_MS',
    about: 'milliseconds between two looks for waiting turns in PostgreSQL',
    fallback: 500,
    min: 50,
    max: 60_000,
  }),
  drainMs: integer({
    env: 'KONSTRUCT_DRAIN_MS',
    about:
      'milliseconds that running turns are given to end when this process ends; then others take them over',
    fallback: 15_000,
    min: 0,
    max: 600_000,
  }),
  logLevel: logLevelSetting,
} as const

export type OrchestratorConfig = ReturnType<typeof readOrchestratorConfig>

/** @throws KonstructError `CONFIG_INVALID` */
export const readOrchestratorConfig = (environment: Readonly<Record<string, string | undefined>>) =>
  readConfig(settings, environment)
