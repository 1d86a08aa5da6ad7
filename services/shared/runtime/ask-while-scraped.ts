// What has to be asked for is asked for when Prometheus comes: so it is as current as the scrape, costs nothing when nobody
// watches, and leaves no timer behind. What does not answer in time has no value rather than an old one.
import { setTimeout as sleep } from 'node:timers/promises'

/** Far below Prometheus' usual 10 s for a whole scrape, in milliseconds. */
const withinMs = 2_500

/**
 * Gives a function that asks and resolves with the answer, or with undefined when it failed or came too late. All who ask
 * while an answer is under way share it: the metrics of one scrape, and the scrapes of a pair of Prometheus.
 */
export const askWhileScraped = <Answer>(ask: () => Promise<Answer>): (() => Promise<Answer | undefined>) => {
  let asking: Promise<Answer | undefined> | undefined
  return () => {
    asking ??= inTime(ask).finally(() => {
      asking = undefined
    })
    return asking
  }
}

const inTime = async <Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> => {
  const answered = new AbortController()
  const late = sleep(withinMs, undefined, { signal: answered.signal }).catch(() => undefined)
  try {
    return await Promise.race([ask(), late])
  } catch {
    return undefined
  } finally {
    answered.abort()
  }
}
