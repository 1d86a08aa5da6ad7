// Bounds one event of a stream: whoever reads events gathers one until the blank line that ends it, so a server that never
// sends one would fill the memory with it. An answer may be much longer: it is read event by event.
import { ModelFailure } from './model.ts'

/** Far more than a whole answer in one event has, every character of it escaped. */
const mostBytes = 4_194_304

const ends = ['\n\n', '\r\r', '\r\n\r\n'] as const
/** Of an end, so much may be in the chunk before. */
const longestBeginning = 3

export class EventBound {
  #bytes = 0
  #tail = Buffer.alloc(0)

  /** @throws ModelFailure `endless` */
  add(chunk: Uint8Array): void {
    const seen = Buffer.concat([this.#tail, chunk])
    const begun = Math.max(...ends.map((end) => behindLast(seen, end)))
    this.#bytes = begun === 0 ? this.#bytes + chunk.length : seen.length - begun
    this.#tail = seen.subarray(-longestBeginning)
    if (this.#bytes > mostBytes) throw new ModelFailure('endless')
  }
}

/** Where what comes behind the last one begins; 0 without one. */
const behindLast = (bytes: Buffer, end: string): number => {
  const at = bytes.lastIndexOf(end)
  return at === -1 ? 0 : at + end.length
}
