// A subscription: consumer lives one after another, and what outlasts them: the windows of its partitions.
//
//   connecting → joined → (ended by an error → wait → connecting …) → closing: drain, commit, leave → closed
//
// Records that are being worked on stay so through a rebalance and through a broker's absence: their partition keeps its
// window as long as the group gives it to this member again. Only partitions that go to another member are given up.
import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload, Kafka } from 'kafkajs'
import type { Log } from '../runtime/log.ts'
import { beginConsumerLife } from './consumer-life.ts'
import type { ConsumerLife } from './consumer-life.ts'
import type { LogRecord, PartitionLag, SubscribeOptions, Subscription } from './message-log.ts'
import { PartitionWindows } from './partition-windows.ts'
import { toLogRecord } from './to-log-record.ts'

/** Finished records are committed this often: it costs one request, and bounds what a killed consumer's heir gets again. */
const commitMs = 250

/** Between two lives: 0.1 s, doubling to 1 s, so that a broker that is back is noticed within a second. */
const firstWaitMs = 100
const longestWaitMs = 1_000

/** How long an ended life may take to commit, leave and disconnect before it is left to itself. */
const partingMs = 3_000

interface Ports {
  readonly kafka: Kafka
  readonly log: Log
  readonly measureLag: (
    windows: PartitionWindows,
    options: SubscribeOptions,
  ) => Promise<readonly PartitionLag[]>
}

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const late = new AbortController()
  const limit = sleep(ms, undefined, { signal: late.signal }).catch(() => {})
  await Promise.race([work.catch(() => {}), limit])
  late.abort()
}

export class KafkaSubscription implements Subscription {
  readonly #ports: Ports
  readonly #options: SubscribeOptions
  readonly #windows: PartitionWindows
  readonly #paused = new Set<number>()
  readonly #closing = new AbortController()
  readonly #lives: Promise<void>
  readonly #committer: NodeJS.Timeout
  #life: ConsumerLife | undefined
  #joined = false
  #committing: Promise<void> | undefined
  #onDrained: (() => void) | undefined

  constructor(ports: Ports, options: SubscribeOptions) {
    this.#ports = ports
    this.#options = options
    this.#windows = new PartitionWindows(options.window)
    this.#committer = setInterval(() => void this.#commit(), commitMs)
    this.#lives = this.#liveOn()
  }

  get joined(): boolean {
    return this.#joined
  }

  finished(record: LogRecord): void {
    this.#windows.finish(record)
    if (this.#windows.unfinished === 0) this.#onDrained?.()
    this.#resumeRoomy()
  }

  lag(): Promise<readonly PartitionLag[]> {
    return this.#ports.measureLag(this.#windows, this.#options)
  }

  async close({ drainMs }: { readonly drainMs: number }): Promise<void> {
    if (this.#closing.signal.aborted) return this.#lives
    this.#closing.abort()
    await this.#drain(drainMs)
    clearInterval(this.#committer)
    await within(partingMs, this.#commitLast())
    if (this.#life !== undefined) await within(partingMs, this.#life.stop())
    this.#joined = false
    await this.#lives
  }

  async #liveOn(): Promise<void> {
    let waitMs = firstWaitMs
    let ghost: string | undefined
    while (!this.#closing.signal.aborted) {
      const life = this.#begin(ghost)
      const reason = await life.ended
      if (this.#closing.signal.aborted) return
      waitMs = this.#joined ? firstWaitMs : Math.min(waitMs * 2, longestWaitMs)
      this.#report(reason)
      ghost = life.member() ?? ghost
      await within(partingMs, life.stop())
      await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {})
    }
  }

  #begin(ghost: string | undefined): ConsumerLife {
    const { topic, group } = this.#options
    const life = beginConsumerLife(this.#ports.kafka, {
      topic,
      group,
      ghost,
      had: () => this.#windows.partitions,
      onJoined: (partitions) => this.#assign(partitions),
      onRebalancing: () => void this.#commit(),
      onBatch: (batch) => {
        if (this.#life === life) this.#handOver(batch)
      },
    })
    this.#life = life
    return life
  }

  #report(reason: unknown): void {
    const { topic } = this.#options
    if (this.#joined) this.#ports.log.warn('consumer lost kafka', { topic, error: reason })
    else this.#ports.log.debug('consumer cannot reach kafka yet', { topic, error: reason })
    this.#joined = false
  }

  #assign(partitions: readonly number[]): void {
    const { topic, onAssigned, onRevoked } = this.#options
    const { gained, lost } = this.#windows.assign(partitions)
    if (!this.#joined || gained.length + lost.length > 0)
      this.#ports.log.info('consumer joined its group', { topic, count: partitions.length })
    this.#joined = true
    this.#pauseAnew(partitions, lost)
    if (lost.length > 0) {
      if (this.#windows.unfinished === 0) this.#onDrained?.()
      void this.#tell(() => onRevoked?.(lost))
    }
    if (gained.length > 0) void this.#tell(() => onAssigned?.(gained))
  }

  /** The consumer may be a new one, so what is full is paused again, and what went away must not stay paused. */
  #pauseAnew(partitions: readonly number[], lost: readonly number[]): void {
    for (const partition of lost) if (this.#paused.delete(partition)) this.#life?.resume([partition])
    const closing = this.#closing.signal.aborted
    for (const partition of partitions) if (closing || this.#windows.isFull(partition)) this.#pause(partition)
  }

  #pause(partition: number): void {
    this.#paused.add(partition)
    this.#life?.pause([partition])
  }

  /** A partition gets room when a record is finished, and also when only its commit was missing and Kafka has it. */
  #resumeRoomy(): void {
    if (this.#closing.signal.aborted) return
    for (const partition of this.#paused) {
      if (!this.#windows.isRoomy(partition)) continue
      this.#paused.delete(partition)
      this.#life?.resume([partition])
    }
  }

  async #tell(listener: () => void | Promise<void>): Promise<void> {
    try {
      await listener()
    } catch (thrown) {
      this.#ports.log.error('listener of a subscription threw', { topic: this.#options.topic, error: thrown })
    }
  }

  /** Hands over until the window is full; the rest of the batch is fetched again when there is room. */
  #handOver(payload: EachBatchPayload): void {
    const { batch } = payload
    const { partition } = batch
    for (const message of batch.messages) {
      if (this.#closing.signal.aborted || payload.isStale() || !this.#windows.has(partition)) return
      if (this.#windows.isFull(partition)) return this.#pause(partition)
      const record = toLogRecord(batch, message)
      if (this.#windows.take(record)) this.#deliver(record)
      payload.resolveOffset(message.offset)
    }
  }

  #deliver(record: LogRecord): void {
    try {
      this.#options.onRecord(record)
    } catch (thrown) {
      const { topic, partition, offset } = record
      this.#ports.log.error('consumer threw on a record', { topic, partition, offset, error: thrown })
    }
  }

  /** One commit at a time: a later one, which covers more, must not be overtaken by an earlier one. */
  #commit(): Promise<void> {
    const offsets = this.#windows.committable()
    if (this.#committing !== undefined || offsets.length === 0 || this.#life === undefined)
      return Promise.resolve()
    this.#committing = this.#life
      .commit(offsets)
      .then(
        () => {
          this.#windows.acknowledge(offsets)
          this.#resumeRoomy()
        },
        (thrown: unknown) =>
          this.#ports.log.debug('commit failed', { topic: this.#options.topic, error: thrown }),
      )
      .finally(() => {
        this.#committing = undefined
      })
    return this.#committing
  }

  async #commitLast(): Promise<void> {
    await this.#committing
    await this.#commit()
  }

  async #drain(drainMs: number): Promise<void> {
    for (const partition of this.#windows.partitions) this.#pause(partition)
    if (this.#windows.unfinished === 0) return
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve
    })
    await within(drainMs, drained)
  }
}
