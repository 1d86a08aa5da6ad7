import assert from 'node:assert/strict'
import { subtractRanges } from '../../../../dev/cluster/network-policies/subtract-ranges.ts'

describe('Ranges without other ranges', () => {
  it('stay whole when nothing of them is taken out', () => {
    assert.deepEqual(subtractRanges('10.1.2.3/8', ['192.168.0.0/16']), ['10.0.0.0/8'])
  })

  it('are the halves that are left', () => {
    assert.deepEqual(subtractRanges('10.0.0.0/30', ['10.0.0.1/32']), ['10.0.0.0/32', '10.0.0.2/31'])
  })

  it('are none when all of it is taken out', () => {
    assert.deepEqual(subtractRanges('10.0.0.0/24', ['10.0.0.0/25', '10.0.0.128/25']), [])
  })

  it('can be all but the addresses of private networks', () => {
    const left = subtractRanges('0.0.0.0/0', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'])
    const sizes = left.map((range) => 2 ** (32 - Number(range.split('/')[1])))
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      2 ** 32 - 2 ** 24 - 2 ** 20 - 2 ** 16,
    )
  })
})
