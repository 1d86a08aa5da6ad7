// Connections of a test to a Redis, closed together.
import { silentLog } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { ChannelSubscriber } from '../../services/shared/redis/channel-subscriber.ts'
import { RedisConnection } from '../../services/shared/redis/redis-connection.ts'
import { waitUntil } from './wait-until.ts'

export interface OpenRedis {
  readonly redis: RedisConnection
  readonly subscriber: ChannelSubscriber
  close(): void
}

/** Resolves when both connections are ready. */
export const openRedisAt = async (url: string): Promise<OpenRedis> => {
  const options = { url: new Secret(url), name: 'test', log: silentLog }
  const redis = new RedisConnection(options)
  const subscriber = new ChannelSubscriber(options)
  await waitUntil({ until: 'Redis is connected' }, () => redis.ready && subscriber.ready)
  return {
    redis,
    subscriber,
    close: () => {
      redis.close()
      subscriber.close()
    },
  }
}
