// One connection that listens for all conversations of a process. Each channel is subscribed while someone listens, and
// again after a reconnect, but what was said meanwhile is gone: `onReconnect` tells, and every listener must then look
// into the stream for what it missed.
//
// Who only listens would never learn that its connection is dead, so it asks now and then.
import type { Redis } from 'ioredis'
import { KonstructError } from '../runtime/errors.ts'
import type { RedisKey } from './keys.ts'
import { openRedis, type RedisOptions } from './redis-connection.ts'

type Listener = (message: string) => void

interface Channel {
  readonly listeners: Set<Listener>
  /** Resolves when Redis confirmed the subscription. */
  readonly confirmed: Promise<unknown>
}

/** Between two questions whether the connection lives, in milliseconds. */
const askEveryMs = 5_000

export class ChannelSubscriber {
  readonly #client: Redis
  readonly #channels = new Map<string, Channel>()
  readonly #onReconnect = new Set<() => void>()
  readonly #asking: NodeJS.Timeout
  #wasReady = false

  constructor(options: RedisOptions) {
    this.#client = openRedis(options)
    this.#client.on('message', (channel: string, message: string) => this.#hear(channel, message))
    this.#client.on('ready', () => this.#becomeReady())
    this.#client.connect().catch(() => {})
    this.#asking = setInterval(() => void this.#client.ping().catch(() => {}), askEveryMs)
  }

  get ready(): boolean {
    return this.#client.status === 'ready'
  }

  /** Called after every reconnect, when the channels are subscribed again. */
  onReconnect(listener: () => void): void {
    this.#onReconnect.add(listener)
  }

  /**
   * Listens until the returned function is called. Resolves once nothing said from now on can be missed.
   * @throws `REDIS_UNAVAILABLE`
   */
  async listen(key: RedisKey, listener: Listener): Promise<() => void> {
    const channel = this.#channels.get(key) ?? this.#open(key)
    channel.listeners.add(listener)
    const leave = (): void => this.#leave(key, channel, listener)
    try {
      await channel.confirmed
    } catch (thrown) {
      leave()
      throw new KonstructError('REDIS_UNAVAILABLE', { cause: thrown })
    }
    return leave
  }

  /** @throws `REDIS_UNAVAILABLE` */
  async check(): Promise<void> {
    if (!this.ready) throw new KonstructError('REDIS_UNAVAILABLE')
  }

  close(): void {
    clearInterval(this.#asking)
    this.#client.disconnect()
  }

  #open(key: string): Channel {
    const channel: Channel = { listeners: new Set(), confirmed: this.#client.subscribe(key) }
    this.#channels.set(key, channel)
    return channel
  }

  #leave(key: string, channel: Channel, listener: Listener): void {
    channel.listeners.delete(listener)
    if (channel.listeners.size > 0 || this.#channels.get(key) !== channel) return
    this.#channels.delete(key)
    this.#client.unsubscribe(key).catch(() => {})
  }

  #hear(channel: string, message: string): void {
    for (const listener of this.#channels.get(channel)?.listeners ?? []) listener(message)
  }

  #becomeReady(): void {
    if (!this.#wasReady) {
      this.#wasReady = true
      return
    }
    const channels = [...this.#channels.keys()]
    const restored = channels.length === 0 ? Promise.resolve() : this.#client.subscribe(...channels)
    restored
      .then(() => {
        for (const listener of this.#onReconnect) listener()
      })
      // A connection that listens to nothing is no use: the next one is asked again.
      .catch(() => {
        if (this.ready) this.#client.disconnect(true)
      })
  }
}
