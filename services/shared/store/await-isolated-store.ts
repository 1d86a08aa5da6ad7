// Waits until PostgreSQL is there and migrated, and makes sure that it keeps tenants apart: a service does nothing before
// that. The migrations may run beside it, where PostgreSQL comes with the release.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { Database } from './database.ts'
import { assertIsolated } from './inspect-isolation.ts'

const tryEveryMs = 500
/** What ends without anyone who mends this service. */
const passing: readonly string[] = ['STORE_UNAVAILABLE', 'STORE_SCHEMA_OUTDATED']
/** How often it says that it still waits, in tries. */
const tellEvery = 20

/**
 * @throws KonstructError `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT`: waiting would not help.
 * AbortError when `stopping` is aborted.
 */
export const awaitIsolatedStore = async (
  database: Database,
  log: Log,
  stopping: AbortSignal,
): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await assertIsolated(database)
    } catch (thrown) {
      if (!(thrown instanceof KonstructError) || !passing.includes(thrown.code)) throw thrown
      if (tries % tellEvery === 0) log.warn('waiting for postgresql', { code: thrown.code, error: thrown })
    }
    await sleep(tryEveryMs, undefined, { signal: stopping })
  }
}
