// An outbox entry as the frame that says it.
import { maxFrameBytes } from '../shared/domain/frames.ts'
import type { SendFrame } from '../shared/domain/frames.ts'
import type { OutboxEntry } from './outbox.ts'

/** Null for a text that fits no frame: the gateway would close the socket over it, again and again. */
export const sendFrame = ({ id, conversation, agent, text }: OutboxEntry): SendFrame | null => {
  const frame: SendFrame = { type: 'send', id, conversation, agent, text }
  return new TextEncoder().encode(JSON.stringify(frame)).length > maxFrameBytes ? null : frame
}
