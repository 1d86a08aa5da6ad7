// Takes up turns that wait in PostgreSQL: set aside, left by a dead worker, saved but never announced, or lost on the way
// through Kafka. It looks on a timer, and at once when a place got free that one of them may want.
import type { TurnRef } from '../shared/domain/turn.ts'
import type { Log } from '../shared/runtime/log.ts'
import { asKonstructError } from '../shared/runtime/errors.ts'

interface FindOptions {
  readonly limit: number
  readonly exceptTenants: readonly string[]
}

interface TakeUpPorts {
  readonly log: Log
  readonly find: (options: FindOptions) => Promise<readonly TurnRef[]>
  /** Where there is room, and for whom there is none. */
  readonly wanted: () => FindOptions
  /** Gets what was found, and whether that was all. */
  readonly take: (refs: readonly TurnRef[], options: FindOptions) => void
}

/** Between two looks, in milliseconds, however often it is woken: many turns that end together cost one. */
const leastGapMs = 10

export class TakeUp {
  readonly #ports: TakeUpPorts
  readonly #everyMs: number
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #woken = false
  #closed = false

  constructor(ports: TakeUpPorts, everyMs: number) {
    this.#ports = ports
    this.#everyMs = everyMs
    this.#schedule(0)
  }

  /** Looks soon. */
  wake(): void {
    if (this.#looking !== undefined) this.#woken = true
    else this.#schedule(Math.max(this.#lookedAt + leastGapMs - performance.now(), 0))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #schedule(waitMs: number): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined
        this.#schedule(this.#woken ? leastGapMs : this.#everyMs)
        this.#woken = false
      })
    }, waitMs)
  }

  async #look(): Promise<void> {
    this.#lookedAt = performance.now()
    const wanted = this.#ports.wanted()
    if (wanted.limit === 0) return
    try {
      const refs = await this.#ports.find(wanted)
      if (!this.#closed) this.#ports.take(refs, wanted)
    } catch (thrown) {
      const error = asKonstructError(thrown)
      this.#ports.log.warn('waiting turns cannot be looked for', { code: error.code, error })
    }
  }
}
