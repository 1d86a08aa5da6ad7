// The frames of konstruct.v1, the public contract with chat clients: add to it, never break it.
import type { ErrorCode } from './frame-errors.ts'
import type { Message, Owner } from './message.ts'
import type { TurnState } from './turn.ts'

export const protocolName = 'konstruct.v1'

/** A text frame's bound, in bytes. */
export const maxFrameBytes = 64 * 1024

/** Where a reader stands in a conversation's live stream. An epoch ends when Redis lost the stream. */
export interface StreamPosition {
  readonly epoch: number
  readonly seq: number
}

export interface SendFrame {
  readonly type: 'send'
  /** Made by the client; repeating it is safe. */
  readonly id: string
  readonly conversation: string
  readonly agent: string
  readonly text: string
}

export interface SubscribeFrame {
  readonly type: 'subscribe'
  readonly conversation: string
  /** What the client has; left out for nothing. */
  readonly after?: StreamPosition
}

export interface StopFrame {
  readonly type: 'stop'
  readonly conversation: string
  readonly turn: string
}

export interface DecideFrame {
  readonly type: 'decide'
  readonly conversation: string
  readonly confirmation: string
  readonly decision: 'approve' | 'reject'
}

export type ClientFrame = SendFrame | SubscribeFrame | StopFrame | DecideFrame

export interface AgentCard {
  readonly name: string
  readonly displayName: string
  readonly greeting: string
}

export interface WelcomeFrame {
  readonly type: 'welcome'
  readonly protocol: typeof protocolName
  readonly tenant: string
  readonly user: string
  readonly agents: readonly AgentCard[]
}

export interface AcceptedFrame {
  readonly type: 'accepted'
  readonly id: string
  readonly conversation: string
  readonly message: string
  readonly turn: string
}

/** The reply being written, whole so far. */
export interface LiveReply {
  readonly turn: string
  readonly attempt: number
  readonly state: TurnState
  readonly text: string
}

export interface SubscribedFrame extends StreamPosition {
  readonly type: 'subscribed'
  readonly conversation: string
  /** True: the missed events follow. False: `messages` is the truth. */
  readonly recovered: boolean
  readonly messages: readonly Message[]
  readonly live: LiveReply | null
}

export type StreamEvent =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'state'; readonly turn: string; readonly state: TurnState; readonly code?: ErrorCode }
  | { readonly kind: 'delta'; readonly turn: string; readonly attempt: number; readonly text: string }
  | { readonly kind: 'restarted'; readonly turn: string; readonly attempt: number }
  | {
      readonly kind: 'confirmation'
      readonly confirmation: string
      readonly tool: string
      readonly arguments: unknown
      readonly expiresAt: string
    }
  | { readonly kind: 'owner'; readonly owner: Owner }

export interface EventFrame extends StreamPosition {
  readonly type: 'event'
  readonly conversation: string
  readonly event: StreamEvent
}

export interface ErrorFrame {
  readonly type: 'error'
  readonly code: ErrorCode
  readonly message: string
  /** The send that the refusal belongs to. */
  readonly id?: string
  readonly conversation?: string
  readonly retryAfterMs?: number
}

export interface ReconnectFrame {
  readonly type: 'reconnect'
  readonly afterMs: number
}

export type ServerFrame =
  WelcomeFrame | AcceptedFrame | SubscribedFrame | EventFrame | ErrorFrame | ReconnectFrame

/** Why the gateway closes a socket. */
export const closeCodes = {
  goingAway: 1001,
  frameTooLarge: 1009,
  restart: 1012,
  overload: 1013,
  protocol: 4400,
  token: 4401,
  forbidden: 4403,
  tooManyFrames: 4429,
} as const
