// The windows of all partitions that a subscription has. A partition that stays through a rebalance keeps its window,
// and so its work; one that goes loses it, and with it every claim to commit. Pure.
import type { LogRecord } from './message-log.ts'
import { OffsetWindow } from './offset-window.ts'

/**
 * How many records per partition may wait for their commit for each that may be unfinished. It bounds what is delivered again when
 * one record takes long and those behind it have finished.
 */
const rememberedPerUnfinished = 32

export interface PartitionOffset {
  readonly partition: number
  /** The next offset to be delivered, in decimal. */
  readonly offset: string
}

interface Moved {
  readonly gained: readonly number[]
  readonly lost: readonly number[]
}

export class PartitionWindows {
  readonly #limit: number
  readonly #windows = new Map<number, OffsetWindow>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get partitions(): readonly number[] {
    return [...this.#windows.keys()].toSorted((a, b) => a - b)
  }

  get unfinished(): number {
    return [...this.#windows.values()].reduce((sum, window) => sum + window.unfinished, 0)
  }

  /** These partitions, and no others, belong to the subscription from now on. */
  assign(partitions: readonly number[]): Moved {
    const lost = this.partitions.filter((partition) => !partitions.includes(partition))
    const gained = partitions.filter((partition) => !this.#windows.has(partition))
    for (const partition of lost) this.#windows.delete(partition)
    for (const partition of gained) this.#windows.set(partition, new OffsetWindow())
    return { gained, lost }
  }

  has(partition: number): boolean {
    return this.#windows.has(partition)
  }

  /** Whether the record is to be handed over: its partition is here and it was not handed over before. */
  take(record: LogRecord): boolean {
    return this.#windows.get(record.partition)?.take(record) ?? false
  }

  finish(record: LogRecord): void {
    this.#windows.get(record.partition)?.finish(record)
  }

  /** No further record is to be taken from the partition. */
  isFull(partition: number): boolean {
    return this.#reaches(partition, 1)
  }

  /** Enough is finished to take records again; half, so that a partition is not paused and resumed for every record. */
  isRoomy(partition: number): boolean {
    return !this.#reaches(partition, 0.5)
  }

  committable(): readonly PartitionOffset[] {
    return [...this.#windows].flatMap(([partition, window]) => {
      const offset = window.committable()
      return offset === undefined ? [] : [{ partition, offset }]
    })
  }

  acknowledge(committed: readonly PartitionOffset[]): void {
    for (const { partition, offset } of committed) this.#windows.get(partition)?.acknowledge(offset)
  }

  #reaches(partition: number, share: number): boolean {
    const window = this.#windows.get(partition)
    if (window === undefined) return false
    const unfinished = Math.max(this.#limit * share, 1)
    return (
      window.unfinished >= unfinished || window.uncommitted >= this.#limit * share * rememberedPerUnfinished
    )
  }
}
