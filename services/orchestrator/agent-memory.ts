// Short memory: what an agent and a user said last. Redis has it ready; PostgreSQL is the truth, and is asked whenever
// Redis has nothing, is away, or missed an exchange that this process could not add.
import { memoryShortKey, type RedisKey } from '../shared/redis/keys.ts'
import type { RedisConnection } from '../shared/redis/redis-connection.ts'
import {
  recall,
  remember,
  replaceMemory,
  type MemoryBounds,
  type Remembered,
} from '../shared/redis/short-memory.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { Database } from '../shared/store/database.ts'
import { loadExchanges } from '../shared/store/load-exchanges.ts'

interface MemoryPorts {
  readonly database: Database
  readonly redis: RedisConnection
  readonly log: Log
}

export interface MemoryOf {
  readonly tenant: string
  readonly agent: string
  readonly user: string
  /** Of no exchanges: nothing is remembered. */
  readonly bounds: MemoryBounds
}

/** Memories that missed an exchange; beyond so many the oldest is forgotten to be wrong. */
const mostStale = 10_000

export class AgentMemory {
  readonly #ports: MemoryPorts
  readonly #stale = new Set<RedisKey>()

  constructor(ports: MemoryPorts) {
    this.#ports = ports
  }

  /** Oldest first. @throws KonstructError `STORE_UNAVAILABLE` */
  async recall(of: MemoryOf): Promise<readonly Remembered[]> {
    if (of.bounds.exchanges === 0) return []
    const key = keyOf(of)
    const ready = this.#stale.has(key) ? null : await this.#recallReady(key)
    return ready?.slice(-of.bounds.exchanges) ?? this.#rebuild(of, key)
  }

  /** Adds an exchange. Never throws: a memory that could not be written is rebuilt the next time. */
  async add(of: MemoryOf, exchange: Remembered): Promise<void> {
    if (of.bounds.exchanges === 0) return
    const key = keyOf(of)
    try {
      await remember(this.#ports.redis, key, exchange, of.bounds)
    } catch (thrown) {
      this.#markStale(key)
      this.#ports.log.debug('memory was not written', { tenant: of.tenant, agent: of.agent, error: thrown })
    }
  }

  async #recallReady(key: RedisKey): Promise<readonly Remembered[] | null> {
    try {
      return await recall(this.#ports.redis, key)
    } catch {
      return null
    }
  }

  async #rebuild(of: MemoryOf, key: RedisKey): Promise<readonly Remembered[]> {
    const { tenant, agent, user, bounds } = of
    const exchanges = await loadExchanges(this.#ports.database, {
      tenant,
      agent,
      user,
      limit: bounds.exchanges,
      withinSeconds: bounds.ttlSeconds,
    })
    replaceMemory(this.#ports.redis, key, exchanges, bounds).then(
      () => this.#stale.delete(key),
      () => this.#markStale(key),
    )
    return exchanges
  }

  #markStale(key: RedisKey): void {
    this.#stale.add(key)
    const [oldest] = this.#stale
    if (this.#stale.size > mostStale && oldest !== undefined) this.#stale.delete(oldest)
  }
}

const keyOf = ({ tenant, agent, user }: MemoryOf): RedisKey => memoryShortKey(tenant, agent, user)
