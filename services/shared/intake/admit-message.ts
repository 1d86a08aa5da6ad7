// Decides whether a user's message is taken at all, before anything is stored: the tenant is active, the agent exists
// for this user, the text is neither empty nor too long, and the tenant's rate leaves room. What is cheap comes first,
// so that what is refused costs no token.
//
// The rate is the whole tenant's on one channel, counted in Redis. While Redis is away each process counts by itself:
// the rate is then held per process, which is looser, but nobody is locked out.
import { visibleAgents, type TenantConfig } from '../domain/tenant-config.ts'
import type { ChannelType } from '../domain/message.ts'
import type { Budget } from '../domain/resources/tenant.ts'
import { rateLimitKey } from '../redis/keys.ts'
import type { RedisConnection } from '../redis/redis-connection.ts'
import { takeToken, type Rate, type WaitMs } from '../redis/token-bucket.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { LocalBuckets } from './local-buckets.ts'

export interface AdmissionPorts {
  /** What is known of a tenant now; undefined when it is unknown. */
  readonly tenantConfig: (tenant: string) => TenantConfig | undefined
  readonly redis: RedisConnection
  readonly localBuckets: LocalBuckets
}

export interface Approach {
  readonly tenant: string
  readonly channel: ChannelType
  readonly roles: readonly string[]
  readonly agent: string
  readonly text: string
}

export interface Admitted {
  /** Turns of the tenant that may wait or run at once. */
  readonly maxWaitingTurns: number
  /** Null: there is none. Whether it is used up is seen when the message is stored. */
  readonly budget: Budget | null
}

/** For a channel that the tenant's list of rates leaves out: the same as the default of the Tenant resource. */
const defaultRate: Rate = { perMinute: 600, burst: 100 }

/** Anything that can be seen: not white space, not control, not formatting such as a zero-width joiner. */
const visible = /[^\s\p{Cc}\p{Cf}]/u

/**
 * @throws KonstructError `TENANT_SUSPENDED`, `AGENT_NOT_FOUND`, `TEXT_EMPTY`, `TEXT_TOO_LONG`, or `RATE_LIMITED` with
 * the time until there is room.
 */
export const admitMessage = async (ports: AdmissionPorts, approach: Approach): Promise<Admitted> => {
  const config = ports.tenantConfig(approach.tenant)
  if (config?.state !== 'active') throw new KonstructError('TENANT_SUSPENDED')
  if (!visibleAgents(config, approach.roles).some(({ name }) => name === approach.agent))
    throw new KonstructError('AGENT_NOT_FOUND')
  refuseText(approach.text, config.spec.limits.maxMessageBytes)
  const wait = await takeFrom(ports, approach, rateOf(config, approach.channel))
  if (wait > 0) throw new KonstructError('RATE_LIMITED', { retryAfterMs: wait })
  const { maxWaitingTurns, budget = null } = config.spec.limits
  return { maxWaitingTurns, budget }
}

const refuseText = (text: string, maxBytes: number): void => {
  if (!visible.test(text)) throw new KonstructError('TEXT_EMPTY')
  if (Buffer.byteLength(text) > maxBytes)
    throw new KonstructError('TEXT_TOO_LONG', {
      message: `The message is longer than ${maxBytes} bytes.`,
    })
}

const rateOf = (config: TenantConfig, channel: ChannelType): Rate => {
  const rate = config.spec.limits.rates.find((candidate) => candidate.channel === channel)
  return rate === undefined ? defaultRate : { perMinute: rate.messagesPerMinute, burst: rate.burst }
}

const takeFrom = async (ports: AdmissionPorts, approach: Approach, rate: Rate): Promise<WaitMs> => {
  const key = rateLimitKey(approach.tenant, approach.channel)
  try {
    return await takeToken(ports.redis, key, rate)
  } catch (thrown) {
    if (thrown instanceof KonstructError && thrown.code === 'REDIS_UNAVAILABLE')
      return ports.localBuckets.take(key, rate)
    throw thrown
  }
}
