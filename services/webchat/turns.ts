// The replies being written, as far as their events tell. Pure. A turn leaves this list when its message comes:
// deltas are a hint, the message is the truth.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { LiveReply, StreamEvent } from '../shared/domain/frames.ts'
import type { Message } from '../shared/domain/message.ts'
import { isTurnEnd } from '../shared/domain/turn.ts'
import type { TurnState } from '../shared/domain/turn.ts'

export interface TurnView {
  readonly turn: string
  readonly attempt: number
  readonly state: TurnState
  /** Written so far, in this attempt. */
  readonly text: string
  readonly code: ErrorCode | null
}

export type TurnEvent = Extract<StreamEvent, { kind: 'state' | 'delta' | 'restarted' }>

export const isActive = (turn: TurnView): boolean => !isTurnEnd(turn.state)

export const fromLive = (live: LiveReply): TurnView => ({ ...live, code: null })

/** True for the message that answers its turn; a user's own message belongs to the turn but does not end it. */
export const endsTurn = (message: Message): boolean => message.turn !== null && message.role !== 'user'

export const applyToTurns = (turns: readonly TurnView[], event: TurnEvent): readonly TurnView[] => {
  const known = turns.find(({ turn }) => turn === event.turn)
  if (known === undefined) return [...turns, applyToTurn(emptyTurn(event.turn), event)]
  return turns.map((turn) => (turn === known ? applyToTurn(turn, event) : turn))
}

const emptyTurn = (turn: string): TurnView => ({ turn, attempt: 0, state: 'queued', text: '', code: null })

const applyToTurn = (turn: TurnView, event: TurnEvent): TurnView => {
  if (event.kind === 'state') return { ...turn, state: event.state, code: event.code ?? null }
  // An attempt that was given up may still have something on the way; it belongs to no text that counts.
  if (event.attempt < turn.attempt) return turn
  if (event.kind === 'restarted') return { ...turn, attempt: event.attempt, text: '' }
  const before = event.attempt > turn.attempt ? '' : turn.text
  const state = isActive(turn) ? 'writing' : turn.state
  return { ...turn, attempt: event.attempt, state, text: before + event.text }
}
