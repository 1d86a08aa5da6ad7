// A consumer for tests: it keeps what it gets and finishes what it is told to.
import type {
  LogRecord,
  MessageLog,
  SubscribeOptions,
  Subscription,
} from '../../services/shared/bus/message-log.ts'
import { waitUntil } from '../support/wait-until.ts'

interface Numbers {
  readonly key: string
  readonly from: number
  readonly to: number
  /** `once`: without waiting for one before publishing the next. */
  readonly at?: 'once'
}

/** Publishes the numbers `from` to `to`, each as a record of the key. */
export const publishNumbers = async (log: MessageLog, topic: string, numbers: Numbers): Promise<void> => {
  const { key, from, to, at } = numbers
  const all = Array.from({ length: to - from + 1 }, (_, index) => ({ key, value: String(from + index) }))
  if (at === 'once') await Promise.all(all.map((record) => log.publish(topic, [record])))
  else for (const record of all) await log.publish(topic, [record])
}

/** Publishes rising numbers, one every 10 ms, until it is stopped; then it tells which were acknowledged. */
export const publishSteadily = (log: MessageLog, topic: string): { stop(): Promise<readonly number[]> } => {
  const acknowledged: number[] = []
  const pending: Promise<unknown>[] = []
  const publishNext = (): void => {
    const number = pending.length
    const record = { key: `key-${number % 20}`, value: String(number) }
    const published = log.publish(topic, [record]).then(
      () => acknowledged.push(number),
      () => {}, // not acknowledged: nothing is promised about it
    )
    pending.push(published)
  }
  const timer = setInterval(publishNext, 10)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(pending)
      return acknowledged
    },
  }
}

export const numbersOf = (records: readonly LogRecord[]): number[] =>
  records.map(({ value }) => Number(value.toString()))

export interface Follower {
  readonly subscription: Subscription
  readonly records: readonly LogRecord[]
  readonly assignments: readonly (readonly number[])[]
  readonly revocations: readonly (readonly number[])[]
  /** Waits until this many records came in all; with `finish`, all that come are finished. */
  received(count: number, options?: { readonly finish: boolean }): Promise<void>
  next(): Promise<LogRecord>
  /** Finishes the records at these places of `records`. */
  finish(places: readonly number[]): void
  finishLast(): void
  /** Keys that lie in partition 0 and 1 of a topic with two. */
  keysOfTwoPartitions(): readonly [string, string]
}

interface FollowOptions extends Omit<SubscribeOptions, 'onRecord'> {
  /** Finishes every record by itself, so long after it came. */
  readonly finishAfterMs?: number
}

/** Subscribes and waits until it has joined. */
export const follow = async (
  log: MessageLog,
  { finishAfterMs, ...options }: FollowOptions,
): Promise<Follower> => {
  const records: LogRecord[] = []
  const assignments: (readonly number[])[] = []
  const revocations: (readonly number[])[] = []
  let finishAll = false
  const subscription = log.subscribe({
    ...options,
    onRecord: (record) => {
      records.push(record)
      if (finishAfterMs !== undefined) setTimeout(() => subscription.finished(record), finishAfterMs)
      else if (finishAll) setImmediate(() => subscription.finished(record))
    },
    onAssigned: (partitions) => void assignments.push(partitions),
    onRevoked: (partitions) => void revocations.push(partitions),
  })
  const finish = (places: readonly number[]): void => {
    for (const place of places) {
      const record = records[place]
      if (record !== undefined) subscription.finished(record)
    }
  }
  const received = async (count: number, { finish: finishThem } = { finish: false }): Promise<void> => {
    if (finishThem && !finishAll) {
      finishAll = true
      for (const record of records) subscription.finished(record)
    }
    await waitUntil(
      { until: `${count} records came (${records.length} so far)`, deadlineMs: 20_000, everyMs: 1 },
      () => records.length >= count,
    )
  }
  await waitUntil({ until: 'the consumer has joined', deadlineMs: 20_000 }, () => subscription.joined)
  return {
    subscription,
    records,
    assignments,
    revocations,
    received,
    finish,
    finishLast: () => finish([records.length - 1]),
    next: async () => {
      const place = records.length
      await received(place + 1)
      return records[place] as LogRecord
    },
    // Known from murmur2, which every Kafka client shares.
    keysOfTwoPartitions: () => ['key-0', 'key-1'],
  }
}
