// All that the screen shows, as one value.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { AgentCard } from '../shared/domain/frames.ts'
import type { ConnectionStatus } from './connection.ts'
import type { ConversationList } from './conversation-list.ts'
import type { ConversationState } from './conversation-state.ts'
import type { OutboxEntry } from './outbox.ts'

export interface ChatView {
  readonly link: ConnectionStatus
  /** Null until the first `welcome`. */
  readonly user: string | null
  readonly agents: readonly AgentCard[]
  readonly list: ConversationList
  readonly conversation: ConversationState
  /** True once the gateway has stored something of it, so its agent can no longer be changed. */
  readonly begun: boolean
  readonly outbox: readonly OutboxEntry[]
  /** Turns that the reader has asked to stop. */
  readonly stopping: ReadonlySet<string>
  /** Whether history has older messages than those shown. */
  readonly older: 'unknown' | 'loading' | 'some' | 'none'
  /** A refusal that belongs to no send, until the next frame that does. */
  readonly notice: ErrorCode | null
}
