import assert from 'node:assert/strict'
import { LocalBuckets } from '../../../../services/shared/intake/local-buckets.ts'

describe('A local bucket', () => {
  let now: number
  let buckets: LocalBuckets
  const rate = { perMinute: 60, burst: 3 }

  beforeEach(() => {
    now = 1_000
    buckets = new LocalBuckets(() => now)
  })

  it('gives its burst at once, then says how long to wait', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map(() => buckets.take('a', rate)),
      [0, 0, 0, 1_000],
    )
    now += 400
    assert.equal(buckets.take('a', rate), 600)
    now += 600
    assert.equal(buckets.take('a', rate), 0)
    assert.equal(buckets.take('a', rate), 1_000)
  })

  it('never holds more than its burst', () => {
    buckets.take('a', rate)
    now += 3_600_000
    assert.deepEqual(
      [1, 2, 3, 4].map(() => buckets.take('a', rate)),
      [0, 0, 0, 1_000],
    )
  })

  it("is its owner's alone", () => {
    for (let i = 0; i < 4; i++) buckets.take('a', rate)
    assert.equal(buckets.take('b', rate), 0)
  })

  it('is forgotten when a hundred thousand others have asked since', () => {
    for (let i = 0; i < 4; i++) buckets.take('a', rate)
    for (let i = 0; i < 99_999; i++) buckets.take(`other-${i}`, rate)
    assert.equal(buckets.take('a', rate), 1_000)
    for (let i = 0; i < 100_000; i++) buckets.take(`new-${i}`, rate)
    assert.equal(buckets.take('a', rate), 0)
  })
})
