// Verifies, for as long as the operator runs, that no tenant can reach another: the catalog is inspected, drift is
// repaired, and the canary tries. What it found becomes a condition of every tenant.
//
// A database that is away for a moment proves nothing: the last verdict holds for two minutes, then it is Unknown.
import type { Registry } from 'prom-client'
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { Database } from '../../services/shared/store/database.ts'
import { inspectIsolation } from '../../services/shared/store/inspect-isolation.ts'
import type { Clock } from '../loop/clock.ts'
import { createIsolationMetrics, type IsolationMetrics } from './isolation-metrics.ts'
import { probeIsolation } from './probe-isolation.ts'
import { Repeat } from './repeat.ts'

export interface IsolationVerdict {
  readonly status: 'True' | 'False' | 'Unknown'
  /** `Verified`, `Repaired`, `Broken` or `NotVerified`. */
  readonly reason: string
  readonly message: string
}

interface WatchPorts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly registry: Registry
}

interface WatchOptions {
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number
  /** Called when the verdict has become another. */
  readonly onChange: () => void
}

/** After a look that failed, in milliseconds. */
const retryMs = 2_000
const verdictHoldsMs = 120_000

const unverified = (message: string): IsolationVerdict => ({
  status: 'Unknown',
  reason: 'NotVerified',
  message: `The isolation of the tenants cannot be verified: ${message}`,
})

export class IsolationWatch {
  readonly #ports: WatchPorts
  readonly #options: WatchOptions
  readonly #repeat: Repeat
  readonly #metrics: IsolationMetrics
  #verdict: IsolationVerdict | undefined
  #seenAt = -Infinity

  constructor(ports: WatchPorts, options: WatchOptions) {
    this.#ports = ports
    this.#options = options
    this.#repeat = new Repeat(ports.clock)
    this.#metrics = createIsolationMetrics(ports.registry)
  }

  /** Undefined until the first look has ended. */
  verdict(): IsolationVerdict | undefined {
    return this.#verdict
  }

  start(): void {
    this.#repeat.start(() => this.#look())
  }

  stop(withinMs: number): Promise<void> {
    return this.#repeat.stop(withinMs)
  }

  async #look(): Promise<number> {
    const { clock, log } = this.#ports
    try {
      const verdict = await this.#verify()
      this.#seenAt = clock.now()
      this.#become(verdict)
      return this.#options.everyMs
    } catch (thrown) {
      const error = asKonstructError(thrown)
      log.warn('isolation not verified', { code: error.code, error })
      if (clock.now() - this.#seenAt > verdictHoldsMs) this.#become(unverified(error.message))
      return retryMs
    }
  }

  async #verify(): Promise<IsolationVerdict> {
    const { database, log, clock } = this.#ports
    const drift = await inspectIsolation(database)
    const repaired = drift.length > 0 ? await this.#repair(drift) : []
    const left = repaired.length > 0 || drift.length > 0 ? await inspectIsolation(database) : drift
    const problems = left.length > 0 ? left : await probeIsolation(database)
    this.#metrics.looked(problems.length, clock.timeOfDay())
    if (problems.length > 0) {
      for (const reason of problems) log.error('isolation is broken', { reason })
      return {
        status: 'False',
        reason: 'Broken',
        message: `${problems.join('; ')}. Stop the services until it holds.`,
      }
    }
    const message = 'No tenant can read or write rows of another: inspected and tried.'
    return repaired.length === 0
      ? { status: 'True', reason: 'Verified', message }
      : { status: 'True', reason: 'Repaired', message: `${message} It was repaired: ${repaired.join('; ')}.` }
  }

  async #repair(drift: readonly string[]): Promise<readonly string[]> {
    const { database, log } = this.#ports
    for (const reason of drift) log.warn('isolation has drifted', { reason })
    const rows = await database.acrossTenants((tx) =>
      tx.query<{ done: string }>('select konstruct.enforce_isolation() as done'),
    )
    this.#metrics.repaired(rows.length)
    return rows.map(({ done }) => done)
  }

  #become(verdict: IsolationVerdict): void {
    const before = this.#verdict
    this.#verdict = verdict
    this.#metrics.verdict(verdict.status === 'True')
    if (before?.status !== verdict.status || before.message !== verdict.message) this.#options.onChange()
  }
}
