// Waits for PostgreSQL at the start, and refuses to go on where isolation would not hold.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../shared/runtime/errors.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { Database } from '../shared/store/database.ts'
import { assertIsolated } from '../shared/store/inspect-isolation.ts'

const pauseMs = 500
/** How often a wait is told, in tries. */
const tellEvery = 10

/** @throws AbortError once the signal is aborted; KonstructError `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT`, `STORE_SCHEMA_OUTDATED` */
export const awaitStore = async (database: Database, log: Log, signal: AbortSignal): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await assertIsolated(database)
    } catch (thrown) {
      if (!(thrown instanceof KonstructError) || thrown.code !== 'STORE_UNAVAILABLE') throw thrown
      if (tries % tellEvery === 0) log.info('waiting for postgresql', { code: thrown.code })
    }
    await sleep(pauseMs, undefined, { signal })
  }
}
