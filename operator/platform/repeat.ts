// Runs something again and again, with a pause after each run; one run at a time. A run that fails is its own business:
// it must not throw.
import { type Clock, pause } from '../loop/clock.ts'

export class Repeat {
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param run gives how long to pause until the next run, in milliseconds */
  start(run: () => Promise<number>): void {
    this.#ended = this.#loop(run)
  }

  /** No further run; waits for the one that runs, at most `withinMs`: it may hang on something that is away. */
  async stop(withinMs: number): Promise<void> {
    this.#stop.abort()
    const ended = new AbortController()
    const all = this.#ended.then(() => ended.abort())
    await Promise.race([all, pause(this.#clock, withinMs, ended.signal)])
  }

  async #loop(run: () => Promise<number>): Promise<void> {
    while (!this.#stop.signal.aborted) await pause(this.#clock, await run(), this.#stop.signal)
  }
}
