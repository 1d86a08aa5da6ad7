// Creates Kafka's topics and puts their settings right, at the start and from then on. Kafka may be away: it is tried
// again, and the metric tells.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { MessageLog, TopicSpec } from '../../services/shared/bus/message-log.ts'
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { Clock } from '../loop/clock.ts'
import { Repeat } from './repeat.ts'

interface KeeperPorts {
  readonly bus: MessageLog
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
}

interface KeeperOptions {
  readonly topics: readonly TopicSpec[]
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number
  /** Called when other topics are missing than before. */
  readonly onChange: () => void
}

/** What kafkajs throws when Kafka refuses topics that are not there, and only then. */
interface CreationRefused extends Error {
  readonly errors: readonly { readonly topic: string; readonly message: string }[]
}

const isCreationRefused = (cause: unknown): cause is CreationRefused =>
  cause instanceof Error && cause.name === 'KafkaJSAggregateError'

/** Which topics Kafka refuses to create, and why; undefined when the error says nothing of that. */
const describeMissing = ({ cause }: Error): string | undefined =>
  isCreationRefused(cause)
    ? cause.errors.map(({ topic, message }) => `${topic} (${message})`).join(', ')
    : undefined

/** After a look that failed, in milliseconds. */
const retryMs = 2_000

export class TopicKeeper {
  readonly #ports: KeeperPorts
  readonly #options: KeeperOptions
  readonly #repeat: Repeat
  readonly #ready: Gauge
  readonly #changes: Counter
  #missing: string | null | undefined

  constructor(ports: KeeperPorts, options: KeeperOptions) {
    this.#ports = ports
    this.#options = options
    this.#repeat = new Repeat(ports.clock)
    const registers = [ports.registry]
    this.#ready = new Gauge({
      name: 'konstruct_topics_ready',
      help: '1 while the topics are as they should be, else 0.',
      registers,
    })
    this.#changes = new Counter({
      name: 'konstruct_topic_changes_total',
      help: 'Topics created and repaired.',
      labelNames: ['change'],
      registers,
    })
  }

  /** Topics that Kafka refuses to create, and why, for people; null when it has all, undefined while it has told nothing. */
  missing(): string | null | undefined {
    return this.#missing
  }

  start(): void {
    this.#repeat.start(() => this.#look())
  }

  stop(withinMs: number): Promise<void> {
    return this.#repeat.stop(withinMs)
  }

  async #look(): Promise<number> {
    const { bus, log } = this.#ports
    try {
      for (const { topic, change, detail } of await bus.ensureTopics(this.#options.topics)) {
        log.info('topic changed', { topic, reason: `${change}: ${detail}` })
        this.#changes.inc({ change })
      }
      this.#become(true, null)
      return this.#options.everyMs
    } catch (thrown) {
      const error = asKonstructError(thrown)
      log.warn('topics not kept', { code: error.code, error })
      // While Kafka is only away, what it said last counts.
      this.#become(false, describeMissing(error) ?? this.#missing)
      return retryMs
    }
  }

  #become(kept: boolean, missing: string | null | undefined): void {
    this.#ready.set(kept ? 1 : 0)
    if (missing === this.#missing) return
    this.#missing = missing
    this.#options.onChange()
  }
}
