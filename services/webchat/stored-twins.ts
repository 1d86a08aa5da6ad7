// Which of the things said are among the stored messages already, although no `accepted` has told so: it was lost, or
// is still on its way, or the send was refused after it had been stored. A message does not name its send, so its twin
// is known by having the same text and coming after what was known when it was said. Pure.
import type { Message } from '../shared/domain/message.ts'
import type { OutboxEntry } from './outbox.ts'

/** Ids of entries. They choose in the order given; a message is the twin of one at most, and of none if it is `taken`. */
export const storedTwins = (
  messages: readonly Message[],
  entries: readonly OutboxEntry[],
  taken: Iterable<string | null>,
): ReadonlySet<string> => {
  const gone = new Set(taken)
  const stored = entries.filter((entry) => {
    const known = messages.findIndex(({ id }) => id === entry.after)
    const twin = messages
      .slice(known + 1)
      .find(({ id, role, text }) => role === 'user' && text === entry.text && !gone.has(id))
    if (twin !== undefined) gone.add(twin.id)
    return twin !== undefined
  })
  return new Set(stored.map(({ id }) => id))
}
