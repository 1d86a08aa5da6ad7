// What is made of samples: pure. A percentile is taken over all samples of all rounds, because the mean of percentiles is
// none; the rounds then tell how far it can be trusted, each by its own percentile.

export interface Spread {
  /** Over the samples of all rounds. */
  readonly merged: number
  /** Over the rounds, each with its own value. */
  readonly median: number
  readonly least: number
  readonly most: number
}

export interface Summary {
  readonly count: number
  readonly p50: Spread
  readonly p99: Spread
}

/** The value below which the share `q` of the samples lies, between two samples by distance (R's type 7). */
export const quantile = (samples: readonly number[], q: number): number => {
  if (samples.length === 0) throw new RangeError('There is no percentile of nothing.')
  const sorted = samples.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * q
  const below = sorted[Math.floor(place)] as number
  const above = sorted[Math.ceil(place)] as number
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5)

const spreadOf = (rounds: readonly (readonly number[])[], q: number): Spread => {
  const each = rounds.map((samples) => quantile(samples, q))
  return {
    merged: quantile(rounds.flat(), q),
    median: median(each),
    least: Math.min(...each),
    most: Math.max(...each),
  }
}

/** One list of samples per round. */
export const summarize = (rounds: readonly (readonly number[])[]): Summary => ({
  count: rounds.flat().length,
  p50: spreadOf(rounds, 0.5),
  p99: spreadOf(rounds, 0.99),
})

/** What was added to something that takes `own`: never the other's best against our worst, always against its median. */
export const addedTo = (own: readonly number[], samples: readonly number[]): readonly number[] => {
  const typical = median(own)
  return samples.map((sample) => sample - typical)
}
