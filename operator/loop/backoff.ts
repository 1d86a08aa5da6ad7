// How long to wait after the nth failure in a row: doubling, bounded, and spread, so that what failed together
// does not come back together.

export interface BackoffBounds {
  readonly firstMs: number
  readonly maxMs: number
}

/**
 * @param failures how many failures came before this one, from 0
 * @param random a number from 0 up to 1
 * @returns milliseconds, between half of the doubled wait and the whole of it
 */
export const backoff = (bounds: BackoffBounds, failures: number, random: number): number => {
  const whole = Math.min(bounds.maxMs, bounds.firstMs * 2 ** failures)
  return (whole * (1 + random)) / 2
}
