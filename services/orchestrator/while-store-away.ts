// Repeats what failed only because PostgreSQL could not be reached.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../shared/runtime/errors.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

const isAway = (thrown: unknown): boolean =>
  thrown instanceof KonstructError && thrown.code === 'STORE_UNAVAILABLE'

/**
 * Gives what `work` gives, or null once the signal is aborted. `mayPass` tells which failures are worth another try.
 * @throws whatever else `work` throws
 */
export const whileStoreAway = async <Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
  mayPass: (thrown: unknown) => boolean = isAway,
): Promise<Result | null> => {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work()
    } catch (thrown) {
      if (!mayPass(thrown)) throw thrown
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }
  return null
}
