// Deletes every key of one tenant, and counts what is left.
import { everyKeyOf } from './keys.ts'
import type { RedisConnection } from './redis-connection.ts'

/** @throws `REDIS_UNAVAILABLE` */
export const countKeys = async (redis: RedisConnection, tenant: string): Promise<number> => {
  let count = 0
  for await (const page of redis.scan(everyKeyOf(tenant))) count += page.length
  return count
}

/** Gives how many keys went. @throws `REDIS_UNAVAILABLE` */
export const purgeKeys = async (redis: RedisConnection, tenant: string): Promise<number> => {
  let count = 0
  for await (const page of redis.scan(everyKeyOf(tenant))) {
    await redis.remove(page)
    count += page.length
  }
  return count
}
