// Waits for something that cannot be listened to. Prefer an event; a poll needs a deadline and says what it saw last.
import { setTimeout as sleep } from 'node:timers/promises'

interface WaitOptions {
  /** What is waited for, as the end of the sentence "Gave up waiting until …". */
  readonly until: string
  readonly deadlineMs?: number
  readonly everyMs?: number
}

/**
 * Calls `probe` until it gives something other than `undefined` or `false`, and returns that.
 * A probe that throws counts as not yet; the error of the last try is the cause of the failure. The last try is made when the
 * time is up, so that a pause of this process does not count as one of what is waited for.
 */
export const waitUntil = async <Value>(
  { until, deadlineMs = 5_000, everyMs = 20 }: WaitOptions,
  probe: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> => {
  const deadline = performance.now() + deadlineMs
  let cause: unknown
  for (let isLast = false; !isLast;) {
    isLast = performance.now() >= deadline
    try {
      const value = await probe()
      if (value !== undefined && value !== false) return value
      cause = undefined
    } catch (thrown) {
      cause = thrown
    }
    if (!isLast) await sleep(everyMs)
  }
  throw new Error(
    `Gave up waiting until ${until} after ${deadlineMs} ms.`,
    cause === undefined ? {} : { cause },
  )
}
