// Repeats what failed only because PostgreSQL could not be reached.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../shared/runtime/errors.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

/** Gives what `work` gives, or null once the signal is aborted. @throws whatever else `work` throws */
export const whileStoreAway = async <Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result | null> => {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof KonstructError) || thrown.code !== 'STORE_UNAVAILABLE') throw thrown
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }
  return null
}
