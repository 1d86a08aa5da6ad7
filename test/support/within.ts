// A bound on how long something may take, by a timer of this process: what stalls the process delays both.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** @throws AssertionError when the work has not ended in time; what the work throws */
export const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const late = Symbol('late')
  const first = await Promise.race([work, sleep(ms, late, { ref: false })])
  assert.notEqual(first, late, `took longer than ${ms} ms`)
}
