// What a client that keeps to the protocol shows of a conversation, folded from all frames that it was sent: whole
// messages by id, and the pieces of replies that have none yet.
import type { ServerFrame, StreamPosition } from '../../../services/shared/domain/frames.ts'

export interface Shown {
  readonly position: StreamPosition
  /** Texts of messages, in order. */
  readonly texts: readonly string[]
  /** What was written so far, by turn. */
  readonly writing: Readonly<Record<string, string>>
}

const nothing: Shown = { position: { epoch: 0, seq: 0 }, texts: [], writing: {} }

export const shownConversation = (frames: readonly ServerFrame[], conversation: string): Shown => {
  let position: StreamPosition = nothing.position
  let messages = new Map<string, string>()
  let writing = new Map<string, string>()
  for (const frame of frames) {
    if (!('conversation' in frame) || frame.conversation !== conversation) continue
    if (frame.type === 'subscribed' && !frame.recovered) {
      position = { epoch: frame.epoch, seq: frame.seq }
      messages = new Map(frame.messages.map(({ id, text }) => [id, text]))
      writing = new Map(frame.live === null ? [] : [[frame.live.turn, frame.live.text]])
    }
    if (frame.type !== 'event' || (frame.epoch === position.epoch && frame.seq <= position.seq)) continue
    if (frame.epoch !== position.epoch || frame.seq !== position.seq + 1)
      throw new Error(`${frame.epoch}/${frame.seq} came after ${position.epoch}/${position.seq}`)
    position = { epoch: frame.epoch, seq: frame.seq }
    const { event } = frame
    if (event.kind === 'delta') writing.set(event.turn, (writing.get(event.turn) ?? '') + event.text)
    if (event.kind === 'restarted') writing.set(event.turn, '')
    if (event.kind === 'message') {
      messages.set(event.message.id, event.message.text)
      if (event.message.role === 'agent' && event.message.turn !== null) writing.delete(event.message.turn)
    }
  }
  return { position, texts: [...messages.values()], writing: Object.fromEntries(writing) }
}
