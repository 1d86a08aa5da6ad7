// What a client that keeps to the protocol shows of a conversation, folded from all frames that it was sent: whole
// messages by id, and the pieces of replies that have none yet.
import type {
  EventFrame,
  ServerFrame,
  StreamEvent,
  StreamPosition,
  SubscribedFrame,
} from '../../../services/shared/domain/frames.ts'

export interface Shown {
  readonly position: StreamPosition
  /** Texts of messages, in order. */
  readonly texts: readonly string[]
  /** What was written so far, by turn. */
  readonly writing: Readonly<Record<string, string>>
}

interface Folding {
  position: StreamPosition
  messages: Map<string, string>
  writing: Map<string, string>
}

/** Throws for an event that follows nothing: a protocol breach, not a matter of patience. */
export const shownConversation = (frames: readonly ServerFrame[], conversation: string): Shown => {
  const folding: Folding = { position: { epoch: 0, seq: 0 }, messages: new Map(), writing: new Map() }
  for (const frame of frames) {
    if (!('conversation' in frame) || frame.conversation !== conversation) continue
    if (frame.type === 'subscribed' && !frame.recovered) replace(folding, frame)
    if (frame.type === 'event') follow(folding, frame)
  }
  const { position, messages, writing } = folding
  return { position, texts: [...messages.values()], writing: Object.fromEntries(writing) }
}

const replace = (folding: Folding, { epoch, seq, messages, live }: SubscribedFrame): void => {
  folding.position = { epoch, seq }
  folding.messages = new Map(messages.map(({ id, text }) => [id, text]))
  folding.writing = new Map(live === null ? [] : [[live.turn, live.text]])
}

const follow = (folding: Folding, { epoch, seq, event }: EventFrame): void => {
  const { position } = folding
  if (epoch === position.epoch && seq <= position.seq) return
  if (epoch !== position.epoch || seq !== position.seq + 1)
    throw new Error(`${epoch}/${seq} came after ${position.epoch}/${position.seq}`)
  folding.position = { epoch, seq }
  apply(folding, event)
}

const apply = ({ messages, writing }: Folding, event: StreamEvent): void => {
  if (event.kind === 'delta') writing.set(event.turn, (writing.get(event.turn) ?? '') + event.text)
  if (event.kind === 'restarted') writing.set(event.turn, '')
  if (event.kind !== 'message') return
  messages.set(event.message.id, event.message.text)
  if (event.message.role === 'agent' && event.message.turn !== null) writing.delete(event.message.turn)
}
