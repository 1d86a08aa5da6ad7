// What a screen reader is told when the view changes: that a reply begins, the finished reply, a failure. Deltas
// are never read out; half words in a row are noise.
import type { ChatView } from '../chat-view.ts'
import { plainText } from '../plain-text.ts'
import { spokenText } from '../render-markdown.ts'
import { refusalSentence } from '../sentences.ts'
import { activeTurn } from '../transcript.ts'
import { agentName } from '../views/screen.ts'

/** Null when there is nothing new to say. */
export const announcement = (before: ChatView, after: ChatView): string | null => {
  if (before.conversation.id !== after.conversation.id || !isFollowing(before)) return null
  return newReply(before, after) ?? newFailure(before, after) ?? newTurn(before, after)
}

/** What is only being loaded is not new; what follows the reader's own words is, and all of a conversation not begun before. */
const isFollowing = ({ conversation, begun, outbox }: ChatView): boolean =>
  conversation.position !== null || !begun || outbox.some((entry) => entry.conversation === conversation.id)

const newReply = (before: ChatView, after: ChatView): string | null => {
  const last = after.conversation.messages.at(-1)
  if (last === undefined || last.role === 'user') return null
  if (before.conversation.messages.some(({ id }) => id === last.id)) return null
  const failed = last.finish === 'failed' ? ` ${refusalSentence(null)}` : ''
  return `${plainText(agentName(after, last.author))}: ${spokenText(last.text)}${failed}`
}

const newFailure = (before: ChatView, after: ChatView): string | null => {
  const known = new Set(
    before.conversation.turns.filter(({ state }) => state === 'failed').map(({ turn }) => turn),
  )
  const failure = after.conversation.turns.find(({ turn, state }) => state === 'failed' && !known.has(turn))
  return failure === undefined ? null : refusalSentence(failure.code)
}

const newTurn = (before: ChatView, after: ChatView): string | null =>
  activeTurn(after.conversation) !== null && activeTurn(before.conversation) === null
    ? `${plainText(agentName(after, after.conversation.agent))} is writing`
    : null
