// Publishing. Each publish is a request of its own, sent at once: no linger and no compression, because a user waits for
// it and it holds a few ids. Publishes of one key follow one another, so that a retry cannot change their order; other
// keys don't wait for them. kafkajs' idempotent producer is experimental and dies of its own errors; what it would prevent,
// a record twice, is harmless here.
//
// A producer that could not reach Kafka is thrown away, with all that waits on its connections, and the next try makes a new
// one: recovery depends on nothing inside kafkajs. One that Kafka answered, be it "not now", is kept. While a partition has
// no leader, kafkajs learns nothing anew of its topic: a producer that knows it serves the other partitions for as long as
// what it knows is fresh, a new one would serve none.
import { setTimeout as sleep } from 'node:timers/promises'
import { CompressionTypes, Partitioners } from 'kafkajs'
import type { Kafka, KafkaJSError, Producer } from 'kafkajs'
import { KonstructError } from '../runtime/errors.ts'
import { busUnavailable } from './kafka-client.ts'
import type { OutgoingRecord } from './message-log.ts'

const allReplicas = -1

/** How long the broker may wait for its replicas; shorter than the client's request time-out, so that we hear of it. */
const replicasTimeoutMs = 5_000

const pauseBetweenTriesMs = 200

interface Attempt {
  readonly topic: string
  readonly records: readonly OutgoingRecord[]
  readonly deadline: number
}

const isFinal = (thrown: unknown): boolean => {
  const { name, retriable } = thrown as Partial<KafkaJSError>
  return name === 'KafkaJSProtocolError' && retriable === false
}

/** Whether Kafka itself said no, also when kafkajs wraps that in its own errors: then the way to it is in order. */
const isAnswer = (thrown: unknown): boolean => {
  const { name, cause } = thrown as Partial<KafkaJSError>
  return name === 'KafkaJSProtocolError' || (cause instanceof Error && isAnswer(cause))
}

export class Publisher {
  readonly #kafka: Kafka
  readonly #timeoutMs: number
  #producer: Promise<Producer> | undefined
  /** The last publish of each key that is under way. */
  readonly #lanes = new Map<string, Promise<void>>()
  #closed = false

  constructor(kafka: Kafka, timeoutMs: number) {
    this.#kafka = kafka
    this.#timeoutMs = timeoutMs
  }

  /** @throws KonstructError `BUS_UNAVAILABLE` */
  async publish(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return
    const attempt = { topic, records, deadline: performance.now() + this.#timeoutMs }
    const keys = [...new Set(records.map(({ key }) => key))]
    const earlier = keys.flatMap((key) => this.#lanes.get(key) ?? [])
    const done = this.#inTime(attempt, this.#after(earlier, attempt))
    const lane = done.catch(() => {})
    for (const key of keys) this.#lanes.set(key, lane)
    try {
      await done
    } finally {
      for (const key of keys) if (this.#lanes.get(key) === lane) this.#lanes.delete(key)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const producer = this.#producer
    this.#producer = undefined
    await this.#dispose(producer)
  }

  async #after(earlier: readonly Promise<void>[], attempt: Attempt): Promise<void> {
    if (earlier.length > 0) await Promise.all(earlier)
    await this.#tryUntilDeadline(attempt)
  }

  /** Rejects at the deadline even when kafkajs does not come back. */
  async #inTime({ deadline }: Attempt, work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(new KonstructError('BUS_UNAVAILABLE'))
      timer = setTimeout(giveUp, Math.max(deadline - performance.now(), 0))
    })
    try {
      await Promise.race([work, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #tryUntilDeadline(attempt: Attempt): Promise<void> {
    while (!this.#closed) {
      const producer = (this.#producer ??= this.#connect())
      try {
        return await this.#send(await producer, attempt)
      } catch (thrown) {
        if (isFinal(thrown)) throw busUnavailable(thrown)
        if (!isAnswer(thrown)) this.#discard(producer)
        if (performance.now() + pauseBetweenTriesMs >= attempt.deadline) throw busUnavailable(thrown)
        await sleep(pauseBetweenTriesMs)
      }
    }
    throw new KonstructError('BUS_UNAVAILABLE', { message: 'Publishing has ended.' })
  }

  async #send(producer: Producer, { topic, records }: Attempt): Promise<void> {
    await producer.send({
      topic,
      messages: records.map(({ key, value, headers }) => ({ key, value, ...(headers ? { headers } : {}) })),
      acks: allReplicas,
      timeout: replicasTimeoutMs,
      compression: CompressionTypes.None,
    })
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // A partition that was added is used within this time, and for so long a topic is known without being asked for.
      metadataMaxAge: 30_000,
    })
    await producer.connect()
    return producer
  }

  #discard(producer: Promise<Producer>): void {
    if (this.#producer !== producer) return
    this.#producer = undefined
    void this.#dispose(producer)
  }

  async #dispose(producer: Promise<Producer> | undefined): Promise<void> {
    try {
      await (await producer)?.disconnect()
    } catch {
      // It never connected, or its broker is away: there is nothing left to end.
    }
  }
}
