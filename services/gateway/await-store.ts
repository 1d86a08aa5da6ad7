// Waits until PostgreSQL is there, and makes sure that it keeps tenants apart: without that no socket is opened.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../shared/runtime/errors.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { Database } from '../shared/store/database.ts'
import { assertIsolated } from '../shared/store/inspect-isolation.ts'

const tryEveryMs = 500
/** How often to say that it still waits, in milliseconds. */
const reportEveryMs = 10_000

/**
 * @throws KonstructError `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT`, `STORE_SCHEMA_OUTDATED`: waiting would not help.
 * AbortError when `stopping` is aborted.
 */
export const awaitStore = async (database: Database, log: Log, stopping: AbortSignal): Promise<void> => {
  let reportAt = 0
  for (;;) {
    try {
      return await assertIsolated(database)
    } catch (thrown) {
      if (!(thrown instanceof KonstructError) || thrown.code !== 'STORE_UNAVAILABLE') throw thrown
      if (performance.now() >= reportAt)
        log.warn('waiting for postgresql', { code: thrown.code, error: thrown })
      if (performance.now() >= reportAt) reportAt = performance.now() + reportEveryMs
    }
    await sleep(tryEveryMs, undefined, { signal: stopping })
  }
}
