// The reply that is being written, whole so far, from the events of its stream. Pure.
import type { LiveReply, StreamEvent } from '../../shared/domain/frames.ts'
import { isTurnEnd } from '../../shared/domain/turn.ts'

type TurnEvent = Extract<StreamEvent, { readonly turn: string }>

/**
 * The oldest turn that has not ended: turns of a conversation are answered one after the other, so it is the one being
 * written, or the next to be. Null when all have ended.
 */
export const foldLive = (events: readonly StreamEvent[]): LiveReply | null => {
  const open = new Map<string, LiveReply>()
  for (const event of events) apply(open, event)
  return open.values().next().value ?? null
}

const apply = (open: Map<string, LiveReply>, event: StreamEvent): void => {
  switch (event.kind) {
    case 'message':
      if (event.message.role === 'agent' && event.message.turn !== null) open.delete(event.message.turn)
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
  if (event.kind === 'state' && isTurnEnd(event.state)) open.delete(event.turn)
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
