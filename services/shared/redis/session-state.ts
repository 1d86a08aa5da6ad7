// What a conversation is doing right now, for whoever asks (an operator at night, a channel that shows "is typing").
// A hint: it may be missing or late.
import type { TurnState } from '../domain/turn.ts'
import { sessionKey } from './keys.ts'
import type { RedisConnection } from './redis-connection.ts'

export interface SessionState {
  readonly turn: string
  readonly agent: string
  readonly state: TurnState
  readonly attempt: number
  /** RFC 3339, UTC. */
  readonly since: string
}

/** Seconds that a state is kept; the longest turn is shorter. */
const ttlSeconds = 3_600

/** @throws `REDIS_UNAVAILABLE` */
export const writeSession = (
  redis: RedisConnection,
  tenant: string,
  conversation: string,
  state: SessionState,
): Promise<void> => redis.set(sessionKey(tenant, conversation), JSON.stringify(state), ttlSeconds)

/** @throws `REDIS_UNAVAILABLE` */
export const readSession = async (
  redis: RedisConnection,
  tenant: string,
  conversation: string,
): Promise<SessionState | null> => {
  const stored = await redis.get(sessionKey(tenant, conversation))
  return stored === null ? null : (JSON.parse(stored) as SessionState)
}
