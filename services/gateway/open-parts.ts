// The gateway's connections: PostgreSQL for the truth, Kafka for the turns, Redis twice, for commands and for listening.
// Opening them connects to nothing that has to be there; what is away is tried again by each of them.
import { kafkaAccess } from '../shared/bus/kafka-access.ts'
import { createKafkaLog } from '../shared/bus/kafka-log.ts'
import { topicNames } from '../shared/bus/topics.ts'
import { TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { UnconfirmedTurns } from '../shared/intake/unconfirmed-turns.ts'
import { ChannelSubscriber } from '../shared/redis/channel-subscriber.ts'
import { RedisConnection } from '../shared/redis/redis-connection.ts'
import { FirstContact } from '../shared/runtime/first-contact.ts'
import type { Log } from '../shared/runtime/log.ts'
import { Database } from '../shared/store/database.ts'
import { confirmPublished } from '../shared/store/open-turns.ts'
import type { GatewayConfig } from './config.ts'

export type Parts = ReturnType<typeof openParts>

export const openParts = (config: GatewayConfig, log: Log) => {
  const name = 'konstruct-gateway'
  const database = new Database({
    url: config.databaseUrl,
    poolSize: config.databasePool,
    application: name,
  })
  const redis = new RedisConnection({ url: config.redisUrl, name, log })
  const subscriber = new ChannelSubscriber({ url: config.redisUrl, name: `${name}-subscriber`, log })
  const { publishTimeoutMs } = config
  const messageLog = createKafkaLog({ log }, { ...kafkaAccess(config), clientId: name, publishTimeoutMs })
  const unconfirmed = new UnconfirmedTurns({ log, confirm: (refs) => confirmPublished(database, refs) })
  const directory = new TenantDirectory({ database, keyring: config.keyring, log })
  const checks = {
    postgres: () => database.check(),
    redis: () => Promise.all([redis.check(), subscriber.check()]),
    kafka: () => messageLog.check(),
  }
  const contact = new FirstContact({ log }, checks)
  return {
    database,
    redis,
    subscriber,
    messageLog,
    directory,
    publication: { messageLog, unconfirmed, topic: topicNames(config.topicPrefix).turns },
    checks,
    contact,
    /** In the order in which one needs the other. */
    close: async (): Promise<void> => {
      contact.stop()
      await directory.close()
      await unconfirmed.close()
      await messageLog.close()
      subscriber.close()
      redis.close()
      await database.close()
    },
  }
}
