// What an agent and a user said to each other last, ready for the next prompt. A cache of PostgreSQL: a missing list
// is rebuilt from there, and an exchange is only added to a list that exists, so a list is never short of its past.
import type { RedisKey } from './keys.ts'
import type { RedisConnection, Script } from './redis-connection.ts'

export interface Remembered {
  readonly turn: string
  readonly user: string
  readonly reply: string
}

export interface MemoryBounds {
  /** Exchanges kept, the newest. */
  readonly exchanges: number
  readonly ttlSeconds: number
}

const add: Script = {
  name: 'konstructRemember',
  lua: `
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    local turn = cjson.decode(ARGV[1]).turn
    for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
      if cjson.decode(item).turn == turn then return 0 end
    end
    redis.call('RPUSH', KEYS[1], ARGV[1])
    redis.call('LTRIM', KEYS[1], -tonumber(ARGV[2]), -1)
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    return 1`,
}

const replace: Script = {
  name: 'konstructReplaceMemory',
  lua: `
    redis.call('DEL', KEYS[1])
    for i = 2, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    return 1`,
}

/** Oldest first; null when it must be rebuilt. @throws `REDIS_UNAVAILABLE` */
export const recall = async (
  redis: RedisConnection,
  key: RedisKey,
): Promise<readonly Remembered[] | null> => {
  const items = await redis.list(key)
  return items?.map((item) => JSON.parse(item) as Remembered) ?? null
}

/** Adds an exchange to an existing memory; adding the same turn again changes nothing. @throws `REDIS_UNAVAILABLE` */
export const remember = async (
  redis: RedisConnection,
  key: RedisKey,
  exchange: Remembered,
  { exchanges, ttlSeconds }: MemoryBounds,
): Promise<void> => {
  await redis.run(add, key, [JSON.stringify(exchange), exchanges, ttlSeconds])
}

/** Writes a rebuilt memory; nothing is written when there is nothing to remember. @throws `REDIS_UNAVAILABLE` */
export const replaceMemory = async (
  redis: RedisConnection,
  key: RedisKey,
  exchanges: readonly Remembered[],
  { ttlSeconds }: MemoryBounds,
): Promise<void> => {
  if (exchanges.length === 0) return
  await redis.run(replace, key, [ttlSeconds, ...exchanges.map((exchange) => JSON.stringify(exchange))])
}
