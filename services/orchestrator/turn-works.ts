// Everything that moves turns in this process, wired together: Kafka and the take-up loop offer turns, the dispatcher
// starts them, and what runs is held by leases.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { topicNames } from '../shared/bus/topics.ts'
import type { Subscription } from '../shared/bus/message-log.ts'
import type { TurnRef } from '../shared/domain/turn.ts'
import type { Log } from '../shared/runtime/log.ts'
import { asKonstructError } from '../shared/runtime/errors.ts'
import {
  closeTurns,
  findWaitingTurns,
  releaseLeases,
  renewLeases,
  setAside,
} from '../shared/store/open-turns.ts'
import { AgentMemory } from './agent-memory.ts'
import { Batch } from './batch.ts'
import type { Clients } from './clients.ts'
import type { OrchestratorConfig } from './config.ts'
import { consumeTurns } from './consume-turns.ts'
import { Dispatcher } from './dispatcher.ts'
import { knownTurnLimit } from './find-limits.ts'
import type { OrchestratorMetrics } from './metrics.ts'
import { runTurn } from './run-turn.ts'
import { RunningTurns } from './running-turns.ts'
import { TakeUp } from './take-up.ts'
import { watchLag } from './watch-lag.ts'
import type { TurnPorts } from './turn-ports.ts'

interface WorksOptions {
  readonly config: OrchestratorConfig
  readonly clients: Clients
  readonly metrics: OrchestratorMetrics
  readonly log: Log
}

/** Leases are renewed so often within their time that two renewals may fail. */
const renewalsPerLease = 3
/** Turns that are given up have nothing left to do but to notice; in milliseconds. */
const noticeWithinMs = 2_000

export class TurnWorks {
  readonly #options: WorksOptions
  readonly #worker = `${hostname()}/${process.pid}/${randomUUID()}`
  readonly #closing = new AbortController()
  readonly #running: RunningTurns
  readonly #closeTurn: Batch<TurnRef>
  readonly #setAside: Batch<TurnRef>
  readonly #dispatcher: Dispatcher
  readonly #takeUp: TakeUp
  readonly #subscription: Subscription

  constructor(options: WorksOptions) {
    const { config, clients, metrics, log } = options
    const { database } = clients
    this.#options = options
    const batch = (name: string, write: typeof closeTurns) =>
      new Batch<TurnRef>({ name, log, write: (refs) => write(database, refs) })
    this.#closeTurn = batch('close-turns', closeTurns)
    this.#setAside = batch('set-aside', setAside)
    this.#running = new RunningTurns(
      { log, renew: (refs) => renewLeases(database, this.#worker, config.leaseMs, refs) },
      config.leaseMs / renewalsPerLease,
    )
    this.#dispatcher = this.#openDispatcher()
    this.#takeUp = new TakeUp(
      {
        log,
        find: (wanted) => findWaitingTurns(database, { ...wanted, unannounced: clients.redis.ready }),
        wanted: () => this.#dispatcher.wanted,
        take: (refs, wanted) => this.#dispatcher.take(refs, wanted),
      },
      config.takeUpEveryMs,
    )
    this.#subscription = consumeTurns(
      { bus: clients.bus, log, metrics, offer: (turn) => this.#dispatcher.offer(turn) },
      {
        topics: topicNames(config.topicPrefix),
        group: `${config.topicPrefix}konstruct-orchestrator`,
        window: config.capacity,
        closing: this.#closing.signal,
      },
    )
    watchLag(metrics.registry, this.#subscription)
  }

  get joined(): boolean {
    return this.#subscription.joined
  }

  /**
   * Leaves the group at once, so that others get what comes and what waits here, and lets what runs end. What has not
   * ended in time is given up and free for others at once, whatever else of this fails.
   */
  async stop(): Promise<void> {
    this.#options.metrics.draining.set(1)
    const left = Promise.allSettled([this.#subscription.close({ drainMs: 0 }), this.#takeUp.close()])
    if (!(await this.#dispatcher.drain(this.#options.config.drainMs))) {
      this.#running.abandonAll()
      this.#closing.abort()
      await this.#dispatcher.drain(noticeWithinMs)
    }
    this.#closing.abort()
    const rest = [this.#closeTurn.close(), this.#setAside.close(), this.#running.close()]
    for (const end of [...(await left), ...(await Promise.allSettled(rest))])
      if (end.status === 'rejected')
        this.#options.log.error('part of the process ended badly', { error: end.reason })
    await this.#releaseLeases()
  }

  #openDispatcher(): Dispatcher {
    const { config, metrics, log } = this.#options
    const ports = this.#turnPorts()
    return new Dispatcher(
      {
        log,
        metrics,
        limitOf: (tenant) => this.#limitOf(tenant),
        run: (turn) => runTurn(ports, turn),
        setAside: (ref) => this.#setAside.add(ref),
        onRoom: () => this.#takeUp.wake(),
      },
      config.capacity,
    )
  }

  /**
   * A tenant may be unknown only because this process has just begun. Then it is not held to one turn, or most of what waits
   * for it in Kafka would be set aside: each claim asks PostgreSQL for its limit.
   */
  #limitOf(tenant: string): number {
    const { config, clients } = this.#options
    const { directory } = clients
    const heard = directory.synced || directory.get(tenant) !== undefined
    return heard ? knownTurnLimit(clients, tenant) : config.capacity
  }

  #turnPorts(): TurnPorts {
    const { config, clients, metrics, log } = this.#options
    const { database, redis } = clients
    return {
      ...clients,
      metrics,
      log,
      keyring: config.keyring,
      memory: new AgentMemory({ database, redis, log }),
      running: this.#running,
      closeTurn: this.#closeTurn,
      worker: this.#worker,
      leaseMs: config.leaseMs,
      closing: this.#closing.signal,
    }
  }

  async #releaseLeases(): Promise<void> {
    try {
      await releaseLeases(this.#options.clients.database, this.#worker)
    } catch (thrown) {
      const error = asKonstructError(thrown)
      this.#options.log.warn('leases run out by themselves', { code: error.code, error })
    }
  }
}
