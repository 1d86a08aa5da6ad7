// What is on the screen, from top to bottom: a pure function of the conversation and of what is not sent yet.
// Order: stored messages, what the reader just said, replies being written, and last what was refused.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { Message } from '../shared/domain/message.ts'
import type { ConversationState } from './conversation-state.ts'
import type { OutboxEntry } from './outbox.ts'
import { storedTwins } from './stored-twins.ts'
import { endsTurn, isActive } from './turns.ts'
import type { TurnView } from './turns.ts'

export type TranscriptItem =
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | { readonly kind: 'message'; readonly key: string; readonly message: Message }
  | { readonly kind: 'sending'; readonly key: string; readonly entry: OutboxEntry }
  | { readonly kind: 'reply'; readonly key: string; readonly turn: TurnView }
  | {
      readonly kind: 'failure'
      readonly key: string
      readonly code: ErrorCode | null
      /** What was asked, where asking again makes sense. */
      readonly question: string | null
    }

export const transcript = (
  conversation: ConversationState,
  outbox: readonly OutboxEntry[],
): readonly TranscriptItem[] => {
  const own = withoutStored(
    conversation,
    outbox.filter((entry) => entry.conversation === conversation.id),
  )
  const turns = [...conversation.turns, ...unheardTurns(conversation)]
  return [
    ...messageItems(conversation.messages),
    ...own.filter(({ refusal }) => refusal === null).map(sendingItem),
    ...turns.filter((turn) => isActive(turn) || turn.text !== '').map(replyItem),
    ...failureItems(conversation),
    ...own.filter(({ refusal }) => refusal !== null).map(sendingItem),
  ]
}

/** The turn that a stop would stop: the oldest that is not over. */
export const activeTurn = (conversation: ConversationState): TurnView | null =>
  [...conversation.turns, ...unheardTurns(conversation)].find(isActive) ?? null

/** Between the message's arrival and its `accepted` both are known; the reader must see one of them. */
const withoutStored = (
  { messages }: ConversationState,
  entries: readonly OutboxEntry[],
): readonly OutboxEntry[] => {
  const ids = new Set<string | null>(messages.map(({ id }) => id))
  const waiting = entries.filter(({ refusal, message }) => refusal === null && message === null)
  const taken = entries.map(({ message }) => message)
  const stored = storedTwins(messages, waiting, taken)
  return entries.filter(({ id, message }) => !stored.has(id) && !ids.has(message))
}

/** The newest question, where nothing was heard of its turn yet: it waits in the queue. */
const unheardTurns = ({ messages, turns }: ConversationState): readonly TurnView[] => {
  const last = messages.at(-1)
  if (last?.role !== 'user' || last.turn === null) return []
  if (turns.some(({ turn }) => turn === last.turn)) return []
  return [{ turn: last.turn, attempt: 0, state: 'queued', text: '', code: null }]
}

const messageItems = (messages: readonly Message[]): readonly TranscriptItem[] => {
  const answered = new Set<string>()
  let day = messages[0] === undefined ? '' : dayOf(messages[0])
  return messages.flatMap((message): TranscriptItem[] => {
    const item = { kind: 'message' as const, key: keyOf(message, answered), message }
    if (dayOf(message) === day) return [item]
    day = dayOf(message)
    return [{ kind: 'day', key: `day:${day}`, at: message.createdAt }, item]
  })
}

/** A reply keeps its place on the screen when its message replaces it. */
const keyOf = (message: Message, answered: Set<string>): string => {
  if (message.turn === null || !endsTurn(message) || answered.has(message.turn)) return message.id
  answered.add(message.turn)
  return `reply:${message.turn}`
}

const dayOf = ({ createdAt }: Message): string => new Date(createdAt).toDateString()

const sendingItem = (entry: OutboxEntry): TranscriptItem => ({
  kind: 'sending',
  key: `sending:${entry.id}`,
  entry,
})

const replyItem = (turn: TurnView): TranscriptItem => ({ kind: 'reply', key: `reply:${turn.turn}`, turn })

/** One error for a failed turn, told until the reader goes on: from its state, or from the message that it left. */
const failureItems = ({ messages, turns, failures }: ConversationState): readonly TranscriptItem[] => {
  const failed = turns.filter(({ state }) => state === 'failed')
  const last = messages.at(-1)
  const left =
    last?.finish === 'failed' && last.turn !== null
      ? [{ turn: last.turn, code: failures.get(last.turn) ?? null }]
      : []
  return [...failed, ...left].map(({ turn, code }) => ({
    kind: 'failure',
    key: `failure:${turn}`,
    code,
    question: messages.find((message) => message.turn === turn && message.role === 'user')?.text ?? null,
  }))
}
