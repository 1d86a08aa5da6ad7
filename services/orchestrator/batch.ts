// Gathers single writes into few: the first goes at once, and whatever comes while it is under way goes together in the
// next. A write that fails is repeated until it succeeds or the batch is closed, so it must be harmless to repeat.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../shared/runtime/log.ts'

interface BatchPorts<Item> {
  readonly name: string
  readonly log: Log
  readonly write: (items: readonly Item[]) => Promise<void>
}

/** One statement writes at most so many. */
const largest = 500
const pauseAfterFailureMs = 250

export class Batch<Item> {
  readonly #ports: BatchPorts<Item>
  readonly #closing = new AbortController()
  #waiting: { readonly item: Item; readonly written: () => void }[] = []
  #working: Promise<void> = Promise.resolve()
  #busy = false

  constructor(ports: BatchPorts<Item>) {
    this.#ports = ports
  }

  /** Resolves when the item is written; never, when the batch was closed before that. */
  add(item: Item): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.#waiting.push({ item, written: resolve })
    })
    if (!this.#busy) {
      this.#busy = true
      this.#working = this.#work()
    }
    return written
  }

  /** Tries once more to write what waits. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#working
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, largest)
      if (await this.#write(batch.map(({ item }) => item))) for (const { written } of batch) written()
      else if (this.#closing.signal.aborted) break
      else this.#waiting.unshift(...batch)
    }
    this.#busy = false
  }

  async #write(items: readonly Item[]): Promise<boolean> {
    const { write, log, name } = this.#ports
    try {
      await write(items)
      return true
    } catch (thrown) {
      log.warn('batched write failed', { part: name, count: items.length, error: thrown })
      await sleep(pauseAfterFailureMs, undefined, { signal: this.#closing.signal }).catch(() => {})
      return false
    }
  }
}
