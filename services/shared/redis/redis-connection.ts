// The door to Redis: one connection for commands and, where a process follows streams, one for subscriptions.
//
// A command that cannot be sent now fails now: nothing is queued for later and nothing is sent twice, because what is
// late here is worse than what is missing (every value can be rebuilt), and a counter must not count a resend.
import { Redis } from 'ioredis'
import { KonstructError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { Secret } from '../runtime/read-config.ts'
import type { RedisKey } from './keys.ts'
import { redisAddress } from './redis-address.ts'

export interface RedisOptions {
  /** `redis://user:password@host:port/db`, `rediss://` for TLS. */
  readonly url: Secret
  /** Shown in `CLIENT LIST`. */
  readonly name: string
  readonly log: Log
}

/** A Lua script that touches exactly one key, so that it runs on Redis Cluster too. */
export interface Script {
  /** Unique per process: becomes the name of a command. */
  readonly name: string
  readonly lua: string
}

type Argument = string | number | Buffer
type ScriptCall = (key: string, ...args: readonly Argument[]) => Promise<unknown>

/** A command that takes longer than this, in milliseconds, counts as failed. */
const commandTimeoutMs = 2_000
/**
 * A connection on which nothing comes for this long, although something was asked, is given up for a new one, in
 * milliseconds: when packets were lost on the way, TCP goes on trying for as long as they were lost, and longer.
 */
const silentConnectionMs = 5_000
/** Reconnects after 50 ms, 100 ms, … at most this, in milliseconds. */
const longestReconnectMs = 1_000

/** A connection to what became a replica is given up at most so often, in milliseconds: perhaps there is nobody else yet. */
const leaveReplicaEveryMs = 1_000
/** Writes nothing, and is refused wherever writing is, since it does not say of itself that it will not (Redis 7). */
const mayWrite = '#!lua\nreturn 1'

/** After a failover the old primary, which lives on as a replica, would refuse every write for as long as it is asked. */
const leaveReplica = (): ((thrown: Error) => boolean) => {
  let leftAt = Number.NEGATIVE_INFINITY
  return ({ message }) => {
    if (!message.startsWith('READONLY') || performance.now() - leftAt < leaveReplicaEveryMs) return false
    leftAt = performance.now()
    return true
  }
}

/** Opens a client; used for both kinds of connection. */
export const openRedis = ({ url, name, log }: RedisOptions): Redis => {
  const client = new Redis({
    ...redisAddress(url),
    connectionName: name,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // ioredis would ask for the channels again with nobody to hear of a failure, which ends the process.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silentConnectionMs,
    connectTimeout: 5_000,
    reconnectOnError: leaveReplica(),
    retryStrategy: (times) => Math.min(50 * times, longestReconnectMs),
  })
  const told = new Set<string>()
  client.on('error', (thrown: Error) => {
    if (!told.has(thrown.message)) log.warn('redis connection failed', { error: thrown })
    told.add(thrown.message)
  })
  client.on('ready', () => {
    if (told.size > 0) log.info('redis connection is back')
    told.clear()
  })
  return client
}

const asUnavailable = (thrown: unknown): KonstructError =>
  thrown instanceof KonstructError ? thrown : new KonstructError('REDIS_UNAVAILABLE', { cause: thrown })

export class RedisConnection {
  readonly #client: Redis
  /** Why there is no connection; a command's own error only tells that there is none. */
  #failure: unknown

  constructor(options: RedisOptions) {
    this.#client = openRedis(options)
    this.#client.on('error', (thrown: unknown) => {
      this.#failure = thrown
    })
    // A first connection that fails is retried like every later one.
    this.#client.connect().catch(() => {})
  }

  get ready(): boolean {
    return this.#client.status === 'ready'
  }

  /** Runs a script; it is loaded on first use and again after Redis forgot it. @throws `REDIS_UNAVAILABLE` */
  async run<Result>(script: Script, key: RedisKey, args: readonly Argument[]): Promise<Result> {
    return this.#attempt(() => this.#scriptCall(script)(key, ...args)) as Promise<Result>
  }

  /** @throws `REDIS_UNAVAILABLE` */
  async publish(channel: RedisKey, message: string): Promise<void> {
    await this.#attempt(() => this.#client.publish(channel, message))
  }

  /** @throws `REDIS_UNAVAILABLE` */
  get(key: RedisKey): Promise<string | null> {
    return this.#attempt(() => this.#client.get(key))
  }

  /** @throws `REDIS_UNAVAILABLE` */
  async set(key: RedisKey, value: string, ttlSeconds: number): Promise<void> {
    await this.#attempt(() => this.#client.set(key, value, 'EX', ttlSeconds))
  }

  /** Items of a list; null when there is no such key. @throws `REDIS_UNAVAILABLE` */
  async list(key: RedisKey): Promise<readonly string[] | null> {
    const items = await this.#attempt(() => this.#client.lrange(key, 0, -1))
    return items.length === 0 ? null : items
  }

  /** Each by a command of its own, as they may lie in different slots; all are sent at once. @throws `REDIS_UNAVAILABLE` */
  async remove(keys: readonly RedisKey[]): Promise<void> {
    await this.#attempt(() => Promise.all(keys.map((key) => this.#client.unlink(key))))
  }

  /** Every key that matches; each page is its own command, so Redis is never held up. @throws `REDIS_UNAVAILABLE` */
  async *scan(glob: RedisKey): AsyncGenerator<readonly RedisKey[]> {
    let cursor = '0'
    do {
      const from = cursor
      const [next, page] = await this.#attempt(() => this.#client.scan(from, 'MATCH', glob, 'COUNT', 1_000))
      cursor = next
      if (page.length > 0) yield page as RedisKey[]
    } while (cursor !== '0')
  }

  /** @throws `REDIS_UNAVAILABLE`, also when Redis answers and takes nothing: full, a replica, or without its disk. */
  async check(): Promise<void> {
    if (!this.ready) throw asUnavailable(this.#failure)
    await this.#attempt(() => this.#client.eval(mayWrite, 0))
  }

  close(): void {
    this.#client.disconnect()
  }

  #scriptCall(script: Script): ScriptCall {
    const commands = this.#client as unknown as Record<string, ScriptCall | undefined>
    if (commands[script.name] === undefined)
      this.#client.defineCommand(script.name, { numberOfKeys: 1, lua: script.lua })
    const call = commands[script.name]
    if (call === undefined) throw new TypeError(`The script ${script.name} was not defined.`)
    return call.bind(this.#client)
  }

  async #attempt<Result>(command: () => Promise<Result>): Promise<Result> {
    try {
      return await command()
    } catch (thrown) {
      throw asUnavailable(thrown)
    }
  }
}
