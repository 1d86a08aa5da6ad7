// What each test of a message log begins with: a log, a topic of its own, consumers.
import type { MessageLog, SubscribeOptions } from '../../services/shared/bus/message-log.ts'
import { follow, type Follower } from './message-log-follower.ts'

export interface Harness {
  readonly brokers: () => Promise<readonly string[]>
  readonly createLog: (brokers: readonly string[]) => MessageLog
  readonly freshPrefix: () => string
}

export class Stage {
  readonly #harness: Harness
  readonly #logs: MessageLog[] = []
  #name = ''

  constructor(harness: Harness) {
    this.#harness = harness
  }

  /** Of the topic, and of the group. */
  get name(): string {
    return this.#name
  }

  get log(): MessageLog {
    const [log] = this.#logs
    if (log === undefined) throw new Error('The test has not begun.')
    return log
  }

  brokers(): Promise<readonly string[]> {
    return this.#harness.brokers()
  }

  async begin(): Promise<void> {
    await this.anotherLog()
  }

  async end(): Promise<void> {
    await Promise.all(this.#logs.splice(0).map((log) => log.close()))
  }

  /** As another process would have it. */
  async anotherLog(): Promise<MessageLog> {
    const log = this.#harness.createLog(await this.brokers())
    this.#logs.push(log)
    return log
  }

  async open(partitions: number): Promise<void> {
    this.#name = this.#harness.freshPrefix()
    await this.log.ensureTopics([{ name: this.#name, partitions, replication: 1, config: {} }])
  }

  subscribe(options: Partial<SubscribeOptions> = {}): Promise<Follower> {
    return follow(this.log, { topic: this.#name, group: this.#name, window: 100, ...options })
  }
}
