// Waits until PostgreSQL is there, and makes sure that it keeps tenants apart: a service does nothing before that.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { Database } from './database.ts'
import { assertIsolated } from './inspect-isolation.ts'

const tryEveryMs = 500
/** How often it says that it still waits, in tries. */
const tellEvery = 20

/**
 * @throws KonstructError `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT`, `STORE_SCHEMA_OUTDATED`: waiting would not help.
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
      if (!(thrown instanceof KonstructError) || thrown.code !== 'STORE_UNAVAILABLE') throw thrown
      if (tries % tellEvery === 0) log.warn('waiting for postgresql', { code: thrown.code, error: thrown })
    }
    await sleep(tryEveryMs, undefined, { signal: stopping })
  }
}
