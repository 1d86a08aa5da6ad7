// The records of one partition that were handed over and whose commit Kafka has not acknowledged yet. Pure bookkeeping.
//
// A record is handed over → finished (in any order) → committed (when all before it are finished) → forgotten (when
// Kafka has acknowledged that commit). Until then it is remembered, because after a rebalance Kafka delivers again from
// the last acknowledged commit, and a record that is still being worked on here must not be started a second time.
import type { LogRecord } from './message-log.ts'

interface Entry {
  readonly record: LogRecord
  finished: boolean
}

const isSame = (a: LogRecord, b: LogRecord): boolean => a.key === b.key && a.timestamp === b.timestamp

export class OffsetWindow {
  /** By offset, in the order of the log. */
  readonly #entries = new Map<string, Entry>()
  #last = -1n
  #unfinished = 0

  /** Records that were handed over and are not finished. */
  get unfinished(): number {
    return this.#unfinished
  }

  /** Records that are remembered: the unfinished ones and those behind them. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * Takes in the next record of the partition and says whether it is to be handed over; `false` for one that was handed
   * over before. An older record that is not remembered means that the log was rewound or is a new one: all that was
   * remembered is forgotten then, because delivering twice is allowed and losing is not.
   */
  take(record: LogRecord): boolean {
    const known = this.#entries.get(record.offset)
    if (known !== undefined && isSame(known.record, record)) return false
    const offset = BigInt(record.offset)
    if (offset <= this.#last) this.#forgetAll()
    this.#entries.set(record.offset, { record, finished: false })
    this.#last = offset
    this.#unfinished += 1
    return true
  }

  /** Marks a record as finished; one that is not remembered, or was handed over anew since, is ignored. */
  finish(record: LogRecord): void {
    const entry = this.#entries.get(record.offset)
    if (entry === undefined || entry.record !== record || entry.finished) return
    entry.finished = true
    this.#unfinished -= 1
  }

  /** What to commit: the offset after the highest contiguous finished record. `undefined`: nothing new. */
  committable(): string | undefined {
    let highest: string | undefined
    for (const [offset, entry] of this.#entries) {
      if (!entry.finished) break
      highest = offset
    }
    return highest === undefined ? undefined : String(BigInt(highest) + 1n)
  }

  /** Kafka has this commit: what lies before it will not be delivered again. */
  acknowledge(committed: string): void {
    const end = BigInt(committed)
    for (const [offset, entry] of this.#entries) {
      if (!entry.finished || BigInt(offset) >= end) return
      this.#entries.delete(offset)
    }
  }

  #forgetAll(): void {
    this.#entries.clear()
    this.#unfinished = 0
  }
}
