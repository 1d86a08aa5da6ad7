// The connections of the process. Opening one waits for nothing: each connects when it can, and again when it broke.
import { kafkaAccess } from '../shared/bus/kafka-access.ts'
import { createKafkaLog } from '../shared/bus/kafka-log.ts'
import type { MessageLog } from '../shared/bus/message-log.ts'
import { TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { ChannelSubscriber } from '../shared/redis/channel-subscriber.ts'
import { RedisConnection } from '../shared/redis/redis-connection.ts'
import { FirstContact } from '../shared/runtime/first-contact.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { StoreChecks } from '../shared/runtime/store-metrics.ts'
import { Database } from '../shared/store/database.ts'
import type { OrchestratorConfig } from './config.ts'
import { OpenAIModels } from './models/openai.ts'

export interface Clients {
  readonly database: Database
  readonly redis: RedisConnection
  readonly subscriber: ChannelSubscriber
  readonly bus: MessageLog
  readonly directory: TenantDirectory
  readonly models: OpenAIModels
  readonly checks: StoreChecks
  readonly contact: FirstContact
  close(): Promise<void>
}

const name = 'konstruct-orchestrator'

export const openClients = (config: OrchestratorConfig, log: Log): Clients => {
  const database = new Database({ url: config.databaseUrl, poolSize: config.databasePool, application: name })
  const redis = new RedisConnection({ url: config.redisUrl, name, log })
  const subscriber = new ChannelSubscriber({ url: config.redisUrl, name: `${name}-subscriber`, log })
  const bus = createKafkaLog({ log }, { ...kafkaAccess(config), clientId: name })
  const directory = new TenantDirectory({ database, keyring: config.keyring, log })
  const models = new OpenAIModels()
  directory.onChange((tenant, known) =>
    models.keepOnly(tenant, known?.config.spec.models.map((model) => model.name) ?? []),
  )
  const checks = {
    postgres: () => database.check(),
    redis: () => Promise.all([redis.check(), subscriber.check()]),
    kafka: () => bus.check(),
  }
  const contact = new FirstContact({ log }, checks)
  return {
    database,
    redis,
    subscriber,
    bus,
    directory,
    models,
    checks,
    contact,
    close: async () => {
      contact.stop()
      await Promise.all([directory.close(), models.close(), bus.close()])
      redis.close()
      subscriber.close()
      await database.close()
    },
  }
}
