// What running a turn needs of the outside.
import type { ChannelSubscriber } from '../shared/redis/channel-subscriber.ts'
import type { RedisConnection } from '../shared/redis/redis-connection.ts'
import type { TurnRef } from '../shared/domain/turn.ts'
import type { Batch } from './batch.ts'
import type { ModelCallPorts } from './call-model.ts'
import type { ContextPorts } from './load-context.ts'
import type { RunningTurns } from './running-turns.ts'

export interface TurnPorts extends ContextPorts, ModelCallPorts {
  readonly redis: RedisConnection
  readonly subscriber: ChannelSubscriber
  readonly running: RunningTurns
  /** Turns whose end was announced. */
  readonly closeTurn: Batch<TurnRef>
  /** Unique per process, also over restarts. */
  readonly worker: string
  readonly leaseMs: number
  /** Aborted when the process may wait no longer. */
  readonly closing: AbortSignal
}
