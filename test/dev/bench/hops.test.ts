import assert from 'node:assert/strict'
import { hopMeans, readHops } from '../../../dev/bench/hops.ts'

describe('The hops of the bench', () => {
  const claims = (sum: number, count: number): string => `
# HELP konstruct_orchestrator_hop_seconds What each step on the way to the first word takes.
konstruct_orchestrator_hop_seconds_bucket{le="0.001",hop="claim"} 1
konstruct_orchestrator_hop_seconds_sum{hop="claim"} ${sum}
konstruct_orchestrator_hop_seconds_count{hop="claim"} ${count}
`
  const admissions = `
konstruct_gateway_accept_seconds_sum{hop="admit"} 0.5
konstruct_gateway_accept_seconds_count{hop="admit"} 100
`

  it('are read from what both services tell', () => {
    const totals = readHops([claims(0.25, 10), admissions])
    assert.deepEqual(totals.get('claim'), { seconds: 0.25, count: 10 })
    assert.deepEqual(totals.get('admit'), { seconds: 0.5, count: 100 })
  })

  it('cost, in milliseconds, what was added between two readings', () => {
    const means = hopMeans(readHops([claims(0.25, 10)]), readHops([claims(0.37, 50)]))
    assert.ok(Math.abs((means.get('claim') ?? 0) - 3) < 1e-9)
  })

  it('are left out where nobody went through', () => {
    const same = readHops([claims(0.25, 10), admissions])
    assert.equal(hopMeans(same, same).size, 0)
    assert.equal(hopMeans(readHops([]), same).has('kafka'), false)
  })
})
