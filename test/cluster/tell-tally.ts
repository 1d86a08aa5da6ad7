// Prints what a crowd went through.
import type { Tally } from './crowd.ts'
import { tell } from './release.ts'

const ms = (value: number): string => `${Math.round(value)} ms`

const quantile = (sorted: readonly number[], share: number): string =>
  ms(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

/** Each one and how often, as in `1012: 40, 1001: 2`. */
const count = (all: readonly (string | number)[]): string => {
  const times = (each: string | number): number => all.filter((other) => other === each).length
  return [...new Set(all)].map((each) => `${each}: ${times(each)}`).join(', ') || 'none'
}

export const tellTally = (tally: Tally): void => {
  const { messages, waits, reconnects, closeCodes, refusals, longestSilenceMs } = tally
  const spread = reconnects.toSorted((one, other) => one - other)
  tell(
    `${messages} messages, each answered once; waits p50 ${quantile(waits, 0.5)}, p99 ${quantile(waits, 0.99)}`,
  )
  tell(
    `${spread.length} told to reconnect, over ${quantile(spread, 0)} to ${quantile(spread, 1)}; closes ${count(closeCodes)}`,
  )
  tell(`refused ${count(refusals)}; nothing said stayed without a word for more than ${ms(longestSilenceMs)}`)
}
