// Settings that every deployable has under the same name, because they speak of the same parts.
import { logLevelSetting } from './run-service.ts'
import { integer, list, secret, text } from './read-config.ts'

export const partSettings = {
  redisUrl: secret({ env: 'KONSTRUCT_REDIS_URL', about: 'redis:// or rediss:// URL' }),
  kafkaBrokers: list({ env: 'KONSTRUCT_KAFKA_BROKERS', about: 'host:port of brokers, split by commas' }),
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
    databaseUrl: secret({ env: 'KONSTRUCT_DATABASE_URL', about: `postgres:// URL of the ${role} role` }),
    databasePool: integer({
      env: 'KONSTRUCT_DATABASE_POOL',
      about: 'connections to PostgreSQL at most; nobody holds one for more than some milliseconds',
      fallback: pool,
      min: 2,
      max: 500,
    }),
  }) as const
