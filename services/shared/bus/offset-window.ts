// The records of one partition that were handed over and may be delivered again. Pure bookkeeping.
//
// A record is handed over → finished (in any order) → committed (when all before it are finished) → acknowledged (Kafka
// has that commit) → forgotten (when a newer record comes). Until then it is remembered: after a rebalance Kafka delivers
// again from the commit that it had then, and what is being worked on here must not be started a second time. An
// acknowledged record can still be on its way from before its commit; a newer one behind it shows that it is not.
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
  /** The offset that Kafka has as committed by us. */
  #committed = 0n
  #unfinished = 0
  #acknowledged = 0

  /** Records that were handed over and are not finished. */
  get unfinished(): number {
    return this.#unfinished
  }

  /** Records that Kafka does not know as done: the unfinished ones and those behind them. */
  get uncommitted(): number {
    return this.#entries.size - this.#acknowledged
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
    else this.#forgetAcknowledged()
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
    let next = 0n
    for (const [offset, { finished }] of this.#entries) {
      if (!finished) break
      next = BigInt(offset) + 1n
    }
    return next > this.#committed ? String(next) : undefined
  }

  /** Kafka has this commit, which `committable` gave; one from before the log was rewound is ignored. */
  acknowledge(committed: string): void {
    const end = BigInt(committed)
    if (this.#entries.get(String(end - 1n))?.finished !== true) return
    this.#committed = end
    this.#acknowledged = this.#acknowledgedOffsets().length
  }

  #acknowledgedOffsets(): readonly string[] {
    const offsets: string[] = []
    for (const [offset, { finished }] of this.#entries) {
      if (!finished || BigInt(offset) >= this.#committed) break
      offsets.push(offset)
    }
    return offsets
  }

  #forgetAcknowledged(): void {
    for (const offset of this.#acknowledgedOffsets()) this.#entries.delete(offset)
    this.#acknowledged = 0
  }

  #forgetAll(): void {
    this.#entries.clear()
    this.#committed = 0n
    this.#unfinished = 0
    this.#acknowledged = 0
  }
}
