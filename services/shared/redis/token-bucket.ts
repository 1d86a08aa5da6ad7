// A token bucket in Redis: shared by all gateways, refilled by Redis' own clock.
import type { RedisKey } from './keys.ts'
import type { RedisConnection, Script } from './redis-connection.ts'

export interface Rate {
  readonly perMinute: number
  /** Tokens that a full bucket holds. */
  readonly burst: number
}

/** Zero when a token was taken, else the milliseconds until there will be one. */
export type WaitMs = number

const take: Script = {
  name: 'konstructTakeToken',
  lua: `
    local perMs, burst = tonumber(ARGV[1]) / 60000, tonumber(ARGV[2])
    local time = redis.call('TIME')
    local now = time[1] * 1000 + time[2] / 1000
    local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
    local tokens = tonumber(bucket[1]) or burst
    tokens = math.min(burst, tokens + math.max(0, now - (tonumber(bucket[2]) or now)) * perMs)
    local wait = 0
    if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / perMs) end
    redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.3f', now))
    redis.call('PEXPIRE', KEYS[1], math.ceil(burst / perMs) + 60000)
    return wait`,
}

/** Takes one token, or says how long to wait. @throws `REDIS_UNAVAILABLE` */
export const takeToken = (redis: RedisConnection, key: RedisKey, rate: Rate): Promise<WaitMs> =>
  redis.run<number>(take, key, [rate.perMinute, rate.burst])
