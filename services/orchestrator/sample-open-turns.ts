// Samples how many turns wait or run anywhere: counting reads every open turn, so it is not done for each scrape.
import type { Gauge } from 'prom-client'
import type { Database } from '../shared/store/database.ts'
import { countOpenTurns } from '../shared/store/open-turns.ts'

const everyMs = 5_000

/** Gives the function that ends it. */
export const sampleOpenTurns = (database: Database, gauge: Gauge): (() => Promise<void>) => {
  let sampling: Promise<void> | undefined
  const sample = async (): Promise<void> => {
    try {
      const counts = await countOpenTurns(database)
      gauge.set(counts.reduce((sum, { count }) => sum + count, 0))
    } catch {
      // The last value stays; that PostgreSQL is away is told elsewhere.
    }
    sampling = undefined
  }
  const timer = setInterval(() => {
    sampling ??= sample()
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await sampling
  }
}
