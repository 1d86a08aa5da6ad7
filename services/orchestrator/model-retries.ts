// When a model is asked again: a table of faults. Only before the first event: after it people are reading already, and a
// second answer would contradict the first.
import type { ModelFailure, ModelFault } from './models/model.ts'

interface RetryRule {
  /** Retries at most. */
  readonly retries: number
  /** The first wait is up to this, in milliseconds; each further one up to double. */
  readonly firstMs: number
  readonly longestMs: number
}

const never: RetryRule = { retries: 0, firstMs: 0, longestMs: 0 }
const soon: RetryRule = { retries: 3, firstMs: 250, longestMs: 4_000 }
/** A limit is lifted by time, so it is given more of it. */
const patiently: RetryRule = { retries: 4, firstMs: 1_000, longestMs: 15_000 }

export const retryRules: Readonly<Record<ModelFault, RetryRule>> = {
  connection: soon,
  server_error: soon,
  rate_limited: patiently,
  refused: never,
  malformed: never,
  cut: never,
  // The user has waited for all of firstTokenSeconds already.
  silence: never,
  late: never,
  endless: never,
  empty: never,
  filtered: never,
}

/** A server that asks for a longer wait than this, in milliseconds, is not waited for. */
const longestAskedMs = 20_000

/**
 * How long to wait before asking again, in milliseconds; null: give up. Full jitter, so that turns that failed together
 * don't return together; a wait that the server asked for is never cut short.
 * `retried` counts the retries made; `random` gives [0, 1).
 */
export const retryDelay = (failure: ModelFailure, retried: number, random: () => number): number | null => {
  const { retries, firstMs, longestMs } = retryRules[failure.fault]
  const asked = failure.retryAfterMs ?? 0
  if (retried >= retries || asked > longestAskedMs) return null
  const jittered = random() * Math.min(firstMs * 2 ** retried, longestMs)
  return Math.max(jittered, asked === 0 ? 0 : asked + random() * firstMs)
}
