// The reply that is being written, whole so far, from the events of its stream. Pure.
import type { LiveReply, StreamEvent } from '../../shared/domain/frames.ts'
import { isTurnEnd } from '../../shared/domain/turn.ts'

type TurnEvent = Extract<StreamEvent, { readonly turn: string }>

/** Whether a turn has ended with this event. */
export const isEnd = (event: StreamEvent): boolean =>
  event.kind === 'message' ? event.message.role === 'agent' : event.kind === 'state' && isTurnEnd(event.state)

/**
 * The oldest turn that has not ended: turns of a conversation are answered one after the other, so it is the one being
 * written, or the next to be. Of a stream that is not read from its beginning, one that has begun tells more than one that
 * waits: its own question may stand before what was read. Null when all have ended.
 */
export const foldLive = (events: readonly StreamEvent[]): LiveReply | null => {
  const open = new Map<string, LiveReply>()
  for (const event of events) apply(open, event)
  const replies = [...open.values()]
  return replies.find(({ state }) => state !== 'queued') ?? replies[0] ?? null
}

const apply = (open: Map<string, LiveReply>, event: StreamEvent): void => {
  switch (event.kind) {
    case 'message':
      if (isEnd(event) && event.message.turn !== null) open.delete(event.message.turn)
      return
    case 'state':
    case 'delta':
    case 'restarted':
      return advance(open, event)
    case 'confirmation':
    case 'owner':
      return
    default:
      // A kind that a later version writes: it says nothing about the text.
      return
  }
}

const advance = (open: Map<string, LiveReply>, event: TurnEvent): void => {
  const reply = open.get(event.turn) ?? { turn: event.turn, attempt: 0, state: 'queued', text: '' }
  if (isEnd(event)) open.delete(event.turn)
  else open.set(event.turn, next(reply, event))
}

const next = (reply: LiveReply, event: TurnEvent): LiveReply => {
  if (event.kind === 'state') return { ...reply, state: event.state }
  // An attempt that was given up may wake and go on for a moment.
  if (event.attempt < reply.attempt) return reply
  if (event.kind === 'restarted') return { ...reply, attempt: event.attempt, text: '' }
  const before = event.attempt === reply.attempt ? reply.text : ''
  const state = reply.state === 'queued' ? 'writing' : reply.state
  return { ...reply, attempt: event.attempt, state, text: before + event.text }
}
