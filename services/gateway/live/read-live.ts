// The reply that is being written, whole so far, found from the newest event backwards. A stream may hold more than ten
// thousand events, nearly all of replies that have ended, so it is read page by page and only as far as matters:
//
//   Turns of a conversation are answered one after the other: when one has begun, all before it have ended. So nothing
//   older can be open where a turn was asked that has begun or ended, or where one was written that has ended.
//
// What waits behind a turn that has ended may have been asked before that point. It has no text yet, and the messages
// tell of it.
import type { LiveReply, StreamEvent } from '../../shared/domain/frames.ts'
import type { Message } from '../../shared/domain/message.ts'
import { foldLive, isEnd } from './fold-live.ts'

export interface Picture {
  /** JSON texts, the newest that belong to the picture. */
  readonly events: readonly string[]
  /** The number of the first of them; those before it have not been read. */
  readonly first: number
  /** The newest page of the conversation, oldest first. */
  readonly messages: readonly Message[]
}

/** The page that ends before the event of this number; empty where there is none. */
export type ReadBefore = (seq: number) => Promise<readonly string[]>

/** @throws what `readBefore` throws */
export const readLive = async (readBefore: ReadBefore, picture: Picture): Promise<LiveReply | null> => {
  const { messages } = picture
  const answered = new Set(messages.filter(({ role }) => role === 'agent').map(({ turn }) => turn))
  const isFarEnough = watchForBeginning()
  const pages: StreamEvent[][] = []
  let { events, first } = picture
  let farEnough = false
  while (events.length > 0 && !farEnough) {
    const page = events.map((event) => JSON.parse(event) as StreamEvent)
    pages.unshift(page)
    farEnough = page.findLast(isFarEnough) !== undefined
    events = farEnough || first <= 1 ? [] : await readBefore(first)
    first -= events.length
  }
  // A reply that is already among the messages is not being written any more.
  const live = foldLive(pages.flat().filter((event) => !('turn' in event && answered.has(event.turn))))
  if (!farEnough || (live !== null && live.state !== 'queued')) return live
  return firstWaiting(messages, answered) ?? live
}

/** Looks at events from the newest back, and is true at the one before which nothing can be open. */
const watchForBeginning = (): ((event: StreamEvent) => boolean) => {
  const begun = new Set<string>()
  const ended = new Set<string>()
  return (event) => {
    const turn = turnOf(event)
    if (turn === null) return false
    if (isEnd(event)) {
      ended.add(turn)
      return false
    }
    if (isQuestion(event)) return begun.has(turn) || ended.has(turn)
    begun.add(turn)
    return ended.has(turn)
  }
}

const turnOf = (event: StreamEvent): string | null => {
  if (event.kind === 'message') return event.message.turn
  return 'turn' in event ? event.turn : null
}

const isQuestion = (event: StreamEvent): boolean =>
  event.kind === 'message' || (event.kind === 'state' && event.state === 'queued')

/** The oldest question behind the newest one that was answered. */
const firstWaiting = (
  messages: readonly Message[],
  answered: ReadonlySet<string | null>,
): LiveReply | null => {
  const asked = messages.flatMap(({ role, turn }) => (role === 'user' && turn !== null ? [turn] : []))
  const turn = asked[asked.findLastIndex((candidate) => answered.has(candidate)) + 1]
  return turn === undefined ? null : { turn, attempt: 0, state: 'queued', text: '' }
}
