// Events as they lie in the stream, JSON texts, become frames: serialised once, sent to many.
import type { StreamPosition } from '../../shared/domain/frames.ts'
import type { NumberedFrame } from './follower.ts'

/** `first` is the position of the first event; the others follow without a gap. */
export const frameEvents = (
  conversation: string,
  first: StreamPosition,
  events: readonly string[],
): readonly NumberedFrame[] =>
  events.map((event, index) => {
    const { epoch } = first
    const seq = first.seq + index
    const head = `{"type":"event","conversation":"${conversation}","epoch":${epoch},"seq":${seq},"event":`
    return { epoch, seq, bytes: Buffer.from(`${head}${event}}`) }
  })
