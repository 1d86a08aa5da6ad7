// Short memory: what an agent and a user said last. Redis has it ready; PostgreSQL is the truth. The claim of a turn
// brings the newest exchange that PostgreSQL knows: a memory that does not end with it missed something (its writer died,
// Redis was away, two conversations ended at once) and is rebuilt.
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

export class AgentMemory {
  readonly #ports: MemoryPorts

  constructor(ports: MemoryPorts) {
    this.#ports = ports
  }

  /** Oldest first; `last` is the turn that it has to end with, null for none. @throws `STORE_UNAVAILABLE` */
  async recall(of: MemoryOf, last: string | null): Promise<readonly Remembered[]> {
    if (of.bounds.exchanges === 0 || last === null) return []
    const ready = await this.#recallReady(keyOf(of))
    return ready?.at(-1)?.turn === last ? ready.slice(-of.bounds.exchanges) : this.#rebuild(of)
  }

  /** Adds an exchange. Never throws: a memory that could not be written is rebuilt the next time. */
  async add(of: MemoryOf, exchange: Remembered): Promise<void> {
    if (of.bounds.exchanges === 0) return
    try {
      await remember(this.#ports.redis, keyOf(of), exchange, of.bounds)
    } catch (thrown) {
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

  async #rebuild(of: MemoryOf): Promise<readonly Remembered[]> {
    const { tenant, agent, user, bounds } = of
    const exchanges = await loadExchanges(this.#ports.database, {
      tenant,
      agent,
      user,
      limit: bounds.exchanges,
      withinSeconds: bounds.ttlSeconds,
    })
    replaceMemory(this.#ports.redis, keyOf(of), exchanges, bounds).catch(() => {})
    return exchanges
  }
}

const keyOf = ({ tenant, agent, user }: MemoryOf): RedisKey => memoryShortKey(tenant, agent, user)
