import assert from 'node:assert/strict'
import { addedTo, median, quantile, summarize } from '../../../dev/bench/statistics.ts'

describe('The statistics of the bench', () => {
  const hundred = Array.from({ length: 101 }, (_, n) => n)

  describe('a percentile', () => {
    const cases: readonly (readonly [
      what: string,
      samples: readonly number[],
      q: number,
      expected: number,
    ])[] = [
      ['of one sample is that sample', [7], 0.99, 7],
      ['is a sample where one lies there', hundred, 0.99, 99],
      ['lies between two samples by distance', [10, 20], 0.75, 17.5],
      ['does not depend on the order of the samples', [3, 1, 2], 0.5, 2],
      ['of 0 is the least', [5, 4, 6], 0, 4],
      ['of 1 is the most', [5, 4, 6], 1, 6],
      ['compares numbers, not their texts', [9, 10, 100], 0.5, 10],
    ]
    for (const [what, samples, q, expected] of cases)
      it(what, () => assert.equal(quantile(samples, q), expected))

    it('of nothing is refused', () => assert.throws(() => quantile([], 0.5), RangeError))

    it('leaves the samples as they are', () => {
      const samples = [3, 1, 2]
      median(samples)
      assert.deepEqual(samples, [3, 1, 2])
    })
  })

  describe('a summary', () => {
    const rounds = [
      [1, 2, 3],
      [11, 12, 13],
      [2, 3, 400],
    ]

    it('takes percentiles over the samples of all rounds, never the mean of percentiles', () => {
      const { count, p50, p99 } = summarize(rounds)
      assert.equal(count, 9)
      assert.equal(p50.merged, 3)
      assert.equal(p99.merged, quantile(rounds.flat(), 0.99))
    })

    it('tells how far the rounds lie apart, each by its own percentile', () => {
      const { p50 } = summarize(rounds)
      assert.deepEqual([p50.least, p50.median, p50.most], [2, 3, 12])
    })
  })

  it('counts as added what is above the median of the model alone', () => {
    assert.deepEqual(addedTo([1, 2, 100], [10, 12]), [8, 10])
  })
})
