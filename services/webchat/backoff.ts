// How long to wait before the next try, so that a thousand pages that lost the same gateway do not come back
// in the same moment: exponential, with full jitter (a uniform pick between zero and the bound).

const firstBoundMs = 500
const lastBoundMs = 20_000

/** In milliseconds. `attempt` counts the failures since the last stable connection, from 0; `random` is in [0, 1). */
export const backoffMs = (attempt: number, random: number): number =>
  Math.round(random * Math.min(lastBoundMs, firstBoundMs * 2 ** Math.min(attempt, 10)))
