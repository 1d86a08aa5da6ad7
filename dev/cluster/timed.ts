// A step that tells what it took.
import type { Report } from '../parts/part.ts'

const width = 40

export const timed = async <Value>(
  report: Report,
  what: string,
  work: () => Promise<Value>,
): Promise<Value> => {
  const since = performance.now()
  const value = await work()
  report(`${what.padEnd(width)} ${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s`)
  return value
}
