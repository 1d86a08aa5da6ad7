// Brings to the gateway what the outbox holds: when it is said, after each `welcome`, and when the reader sends it again.
//
// A refusal with `INTERNAL` is the gateway's own fault and leaves open what became of the send. Saying it again is safe
// and tells, so that is done by itself a few times, later each time; the entry waits meanwhile. Any other refusal has a
// reason, which is for the reader to judge.
import type { ErrorFrame, SendFrame } from '../shared/domain/frames.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'
import { sendFrame } from './send-frame.ts'

export interface DeliveryPorts {
  readonly outbox: Outbox
  readonly send: (frame: SendFrame) => void
  readonly now: () => number
}

const mostRepeats = 3
/** Where the gateway names no time. */
const repeatMs = 2_000
/** A reason can go sooner than was foreseen, as when a budget is raised: the reader is held up no longer than this. */
const longestWaitMs = 60_000

export class Delivery {
  readonly #ports: DeliveryPorts
  /** How often each was repeated by itself. */
  readonly #repeats = new Map<string, number>()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  constructor(ports: DeliveryPorts) {
    this.#ports = ports
  }

  deliver(entry: OutboxEntry): void {
    const frame = sendFrame(entry)
    if (frame === null) this.#ports.outbox.refused(entry.id, { code: 'TEXT_TOO_LONG', retryAt: null })
    else this.#ports.send(frame)
  }

  /** For a new socket, which has heard nothing yet. */
  deliverAll(user: string): void {
    this.close()
    this.#repeats.clear()
    for (const entry of this.#ports.outbox.waiting(user)) this.deliver(entry)
  }

  retry(id: string): void {
    this.#repeats.delete(id)
    const entry = this.#ports.outbox.retry(id)
    if (entry !== null) this.deliver(entry)
  }

  refused(id: string, { code, retryAfterMs }: ErrorFrame): void {
    const repeats = this.#repeats.get(id) ?? 0
    if (code === 'INTERNAL' && repeats < mostRepeats) {
      this.#repeats.set(id, repeats + 1)
      return this.#repeatIn(id, (retryAfterMs ?? repeatMs) * 2 ** repeats)
    }
    const waitMs = retryAfterMs === undefined ? null : Math.min(retryAfterMs, longestWaitMs)
    this.#ports.outbox.refused(id, { code, retryAt: waitMs === null ? null : this.#ports.now() + waitMs })
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #repeatIn(id: string, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      const entry = this.#ports.outbox.get(id)
      if (entry?.message === null && entry.refusal === null) this.deliver(entry)
    }, ms)
    this.#timers.add(timer)
  }
}
