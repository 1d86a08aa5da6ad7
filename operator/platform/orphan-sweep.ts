// Finds what is published of tenants that have no resource any longer, and hands their keys to the reconciler, which
// stops their chat and keeps their data, or ends a deletion that had begun. Such a tenant comes of a finalizer that was taken
// away by hand, of a database that was restored, or of a state folder that was lost.
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { Database } from '../../services/shared/store/database.ts'
import { readTenantIndex } from '../../services/shared/store/read-tenant.ts'
import type { Clock } from '../loop/clock.ts'
import type { WorkQueue } from '../loop/work-queue.ts'
import { type DesiredSource, tenantKey } from '../source/desired-source.ts'
import { Repeat } from './repeat.ts'

interface SweepPorts {
  readonly database: Database
  readonly source: DesiredSource
  readonly queue: WorkQueue
  readonly clock: Clock
  readonly log: Log
}

interface SweepOptions {
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number
}

/** After a look that failed, or that came before everything was read, in milliseconds. */
const retryMs = 2_000

export class OrphanSweep {
  readonly #ports: SweepPorts
  readonly #options: SweepOptions
  readonly #repeat: Repeat

  constructor(ports: SweepPorts, options: SweepOptions) {
    this.#ports = ports
    this.#options = options
    this.#repeat = new Repeat(ports.clock)
  }

  start(): void {
    this.#repeat.start(() => this.#look())
  }

  stop(withinMs: number): Promise<void> {
    return this.#repeat.stop(withinMs)
  }

  async #look(): Promise<number> {
    const { database, source, queue, log } = this.#ports
    try {
      // What is in a namespace that we do not follow, or cannot read, is not ours to judge.
      for (const { namespace, tenant, state } of await readTenantIndex(database))
        if (state !== 'retained' && source.knows(namespace) && source.tenant(namespace, tenant) === undefined)
          queue.add(tenantKey(namespace, tenant), 'sweep')
      return source.hasSynced ? this.#options.everyMs : retryMs
    } catch (thrown) {
      const error = asKonstructError(thrown)
      log.warn('orphans not looked for', { code: error.code, error })
      return retryMs
    }
  }
}
