// One life of a kafkajs consumer: connect, join, deliver, until it is stopped or fails. kafkajs restarts a failed
// consumer only for some errors and can fall silent for good, so its restart is turned off: a life that fails, or shows
// no sign for too long, is reported as ended, and the subscription begins the next one.
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { createStickyAssigner } from './sticky-assigner.ts'
import type { Membership } from './sticky-assigner.ts'
import { clientRetry } from './kafka-client.ts'
import type { PartitionOffset } from './partition-windows.ts'

/** Kafka's smallest allowed. So long nobody reads the partitions of a consumer that was killed. */
const sessionTimeoutMs = 6_000

/** A sixth of the session: five may be lost. Also how soon a member learns of a rebalance. */
const heartbeatMs = 1_000

/** How long a rebalance waits for a member that is alive but silent; ours answer within a heartbeat, they never block. */
const rebalanceTimeoutMs = 10_000

/**
 * How long an empty fetch waits at the broker; data is sent at once (minBytes 1). Heartbeats are sent between fetches, and
 * a partition that is resumed takes part in the next one, so it stays well under the heartbeat.
 */
const fetchWaitMs = 250

/** Records hold ids (about 300 bytes): enough for 200 of them, and little to fetch again after a pause. */
const bytesPerPartition = 64 * 1024

/** Partitions that were added are seen within this time. */
const metadataMaxAgeMs = 30_000

/** A whole rebalance, and then a session: longer than this a healthy consumer never goes without a heartbeat. */
const silenceMs = rebalanceTimeoutMs + sessionTimeoutMs + 4_000

export interface LifeOptions {
  readonly topic: string
  readonly group: string
  /** The partitions that this process works on already, which it asks to keep. */
  readonly had: () => readonly number[]
  readonly onJoined: (partitions: readonly number[]) => void
  /** The group is changing: the last moment to commit for the partitions as they are. */
  readonly onRebalancing: () => void
  /** Synchronous; says which offset to go on after by `resolveOffset`. */
  readonly onBatch: (batch: EachBatchPayload) => void
  /** The member that the last life was, if it could not leave: its place is given up, so that nobody waits for it. */
  readonly ghost: string | undefined
}

export interface ConsumerLife {
  /** Resolves with the reason when it is over, whichever way; never rejects. */
  readonly ended: Promise<unknown>
  /** The id that Kafka gave this member; `undefined` before it joined and after it left. */
  member(): string | undefined
  /** Resolves when Kafka has the offsets, and only then. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>
  /** Of a consumer that is in no group it does nothing, like `resume`: whoever joins says anew what is paused. */
  pause(partitions: readonly number[]): void
  resume(partitions: readonly number[]): void
  /** Leaves the group and disconnects. */
  stop(): Promise<void>
}

const createConsumer = (kafka: Kafka, options: LifeOptions, membership: Membership): Consumer =>
  kafka.consumer({
    groupId: options.group,
    partitionAssigners: [createStickyAssigner(options.had, membership)],
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    maxWaitTimeInMs: fetchWaitMs,
    minBytes: 1,
    maxBytesPerPartition: bytesPerPartition,
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    retry: { ...clientRetry, restartOnFailure: () => Promise.resolve(false) },
  })

/** Resolves when no sign of life came for too long. */
const watchSilence = (consumer: Consumer, signal: AbortSignal): Promise<Error> =>
  new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const rearm = (): void => {
      clearTimeout(timer)
      if (signal.aborted) return
      timer = setTimeout(() => resolve(new Error('the consumer gave no sign of life')), silenceMs)
    }
    consumer.on(consumer.events.HEARTBEAT, rearm)
    consumer.on(consumer.events.GROUP_JOIN, rearm)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
    rearm()
  })

const run = async (consumer: Consumer, options: LifeOptions, membership: Membership): Promise<void> => {
  await consumer.connect()
  await membership.leaveAs(options.group, options.ghost)
  // From the beginning: a group that has no offset yet must not skip what was published before it came.
  await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (batch) => Promise.resolve(options.onBatch(batch)),
  })
}

/**
 * kafkajs resolves a commit that it never sent, while it joins or stops. Only its event tells that Kafka has the offsets.
 * It needs one commit at a time.
 */
const commitWith = (consumer: Consumer, topic: string): ConsumerLife['commit'] => {
  let made = 0
  consumer.on(consumer.events.COMMIT_OFFSETS, () => {
    made += 1
  })
  return async (offsets) => {
    const before = made
    await consumer.commitOffsets(offsets.map((each) => ({ topic, ...each })))
    if (made === before) throw new Error('the consumer is not running')
  }
}

/** kafkajs throws when it is asked to pause or to resume before it joined or after it stopped, as a crash makes it do. */
const pauseWith = (consumer: Consumer, topic: string): Pick<ConsumerLife, 'pause' | 'resume'> => {
  let inGroup = false
  consumer.on(consumer.events.GROUP_JOIN, () => {
    inGroup = true
  })
  consumer.on(consumer.events.STOP, () => {
    inGroup = false
  })
  return {
    pause: (partitions) => {
      if (inGroup) consumer.pause([{ topic, partitions: [...partitions] }])
    },
    resume: (partitions) => {
      if (inGroup) consumer.resume([{ topic, partitions: [...partitions] }])
    },
  }
}

/** Begins a life; it connects in the background. */
export const beginConsumerLife = (kafka: Kafka, options: LifeOptions): ConsumerLife => {
  const { topic } = options
  const membership = { member: undefined, leaveAs: () => Promise.resolve() } as Membership
  const consumer = createConsumer(kafka, options, membership)
  const over = new AbortController()
  // It listens first: who is told of the join pauses at once.
  const pausing = pauseWith(consumer, topic)
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (over.signal.aborted) return
    membership.member = payload.memberId
    const partitions = payload.memberAssignment[topic] ?? []
    options.onJoined(partitions.toSorted((a, b) => a - b))
  })
  consumer.on(consumer.events.REBALANCING, () => options.onRebalancing())
  const crashed = new Promise((resolve) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.error))
  })
  const failed = new Promise((resolve) => {
    run(consumer, options, membership).catch(resolve)
  })
  const stopped = new Promise((resolve) => {
    over.signal.addEventListener('abort', resolve, { once: true })
  })
  const ended = Promise.race([crashed, failed, stopped, watchSilence(consumer, over.signal)])
  return {
    ended,
    member: () => membership.member,
    commit: commitWith(consumer, topic),
    ...pausing,
    stop: async () => {
      over.abort()
      await consumer.disconnect()
      membership.member = undefined
    },
  }
}
