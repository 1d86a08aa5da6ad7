// One socket in one conversation: what it has been sent, and whether the next frame may follow. It never skips a number:
// a frame that does not continue what the socket has is not sent, and the follower asks to join again.
//
//   joining ──admit()──▶ live ──a hole, or congestion──▶ waiting ──hold()──▶ joining
//
// joining: frames are kept and sent after the answer. waiting: frames are dropped, the next join brings what they held.
import type { StreamPosition } from '../../shared/domain/frames.ts'

/** Where a follower's frames go: a socket. */
export interface Outlet {
  /** True while so much is buffered that deltas should wait. */
  readonly congested: boolean
  sendBytes(bytes: Buffer): void
}

/** A frame of the stream, serialised once for all who get it. */
export interface NumberedFrame extends StreamPosition {
  readonly bytes: Buffer
}

/** What a join answers: the `subscribed` frame, and the events that follow it. */
export interface Answer {
  readonly subscribed: Buffer
  /** What the socket then has, before the events. */
  readonly position: StreamPosition
  readonly events: readonly NumberedFrame[]
  /** True: the stream could not be read, so the socket has to join again when it can. */
  readonly withoutStream: boolean
}

/** A conversation without a live stream, or whose stream cannot be read. */
export const nowhere: StreamPosition = { epoch: 0, seq: 0 }

type Mode = 'joining' | 'live' | 'waiting'

export class Follower {
  readonly #outlet: Outlet
  #mode: Mode = 'joining'
  #position: StreamPosition = nowhere
  #isAnswered = false
  #held: NumberedFrame[] = []
  #lastJoin: Promise<void> = Promise.resolve()
  /** Joins that run or wait for their turn. */
  #joins = 0

  constructor(outlet: Outlet) {
    this.#outlet = outlet
  }

  get position(): StreamPosition {
    return this.#position
  }

  /** False: it asked before the last answer came, which has replaced the stream that it names. */
  mayContinue({ epoch }: StreamPosition): boolean {
    return !this.#isAnswered || epoch === this.#position.epoch
  }

  /** True while it waits for a join that nobody has begun. */
  get isLeft(): boolean {
    return this.#mode === 'waiting' && this.#joins === 0 && !this.#outlet.congested
  }

  /** Joins follow one another: an older answer must not come after a newer one. */
  async inTurn(join: () => Promise<void>): Promise<void> {
    this.#joins += 1
    const mine = this.#lastJoin.then(join)
    this.#lastJoin = mine.catch(() => {})
    try {
      await mine
    } finally {
      this.#joins -= 1
    }
  }

  /** A join begins: what is delivered from now on is kept. */
  hold(): void {
    this.#mode = 'joining'
    this.#held = []
  }

  /** A join ends. When something was lost meanwhile, or the stream could not be read, the next one has to follow. */
  admit({ subscribed, position, events, withoutStream }: Answer): void {
    const complete = this.#mode === 'joining' && !withoutStream
    const held = this.#held
    this.#held = []
    this.#mode = 'live'
    this.#outlet.sendBytes(subscribed)
    this.#position = position
    this.#isAnswered = true
    for (const frame of complete ? [...events, ...held] : events) this.deliver(frame)
    if (!complete) this.wait()
  }

  /** Sends nothing more until the next join. */
  wait(): void {
    this.#mode = 'waiting'
    this.#held = []
  }

  deliver(frame: NumberedFrame): void {
    if (this.#mode === 'joining') this.#held.push(frame)
    if (this.#mode !== 'live' || this.#has(frame)) return
    if (!this.#continues(frame) || this.#outlet.congested) return this.wait()
    this.#outlet.sendBytes(frame.bytes)
    this.#position = frame
  }

  #has({ epoch, seq }: StreamPosition): boolean {
    return epoch === this.#position.epoch && seq <= this.#position.seq
  }

  #continues({ epoch, seq }: StreamPosition): boolean {
    return epoch === this.#position.epoch && seq === this.#position.seq + 1
  }
}
