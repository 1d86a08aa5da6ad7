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
}

/** After a look that failed, in milliseconds. */
const retryMs = 2_000

export class TopicKeeper {
  readonly #ports: KeeperPorts
  readonly #options: KeeperOptions
  readonly #repeat: Repeat
  readonly #ready: Gauge
  readonly #changes: Counter
  #kept = false

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

  /** Whether the last look found or made the topics as they should be. */
  get kept(): boolean {
    return this.#kept
  }

  start(): void {
    this.#repeat.start(() => this.#look())
  }

  stop(): Promise<void> {
    return this.#repeat.stop()
  }

  async #look(): Promise<number> {
    const { bus, log } = this.#ports
    try {
      for (const { topic, change, detail } of await bus.ensureTopics(this.#options.topics)) {
        log.info('topic changed', { topic, reason: `${change}: ${detail}` })
        this.#changes.inc({ change })
      }
      this.#become(true)
      return this.#options.everyMs
    } catch (thrown) {
      const error = asKonstructError(thrown)
      log.warn('topics not kept', { code: error.code, error })
      this.#become(false)
      return retryMs
    }
  }

  #become(kept: boolean): void {
    this.#kept = kept
    this.#ready.set(kept ? 1 : 0)
  }
}
