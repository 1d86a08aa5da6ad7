// A clock that moves only when told to: a test of ten minutes takes a millisecond.
import type { Clock } from '../../operator/loop/clock.ts'

interface Timer {
  readonly due: number
  readonly run: () => void
}

export class FakeClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  timeOfDay(): Date {
    return new Date(Date.UTC(2030, 0, 1) + this.#now)
  }

  after(ms: number, run: () => void): () => void {
    const timer = { due: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Moves on by `ms`, runs what comes due on the way, in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, timer.due)
      timer.run()
      await settle()
    }
    this.#now = end
  }

  /** Time passes and nobody could do anything in it: a process that was stopped, or a blocked event loop. */
  freeze(ms: number): void {
    this.#now += ms
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
  }
}

/** Lets every promise that can settle do so. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
