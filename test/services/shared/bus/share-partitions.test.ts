import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sharePartitions } from '../../../../services/shared/bus/share-partitions.ts'
import type { Claim } from '../../../../services/shared/bus/share-partitions.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('sharing partitions', () => {
  it('gives a new consumer its part and moves nothing else', () => {
    const shares = sharePartitions(range(6), [
      { member: 'a', had: [0, 1, 2] },
      { member: 'b', had: [3, 4, 5] },
      { member: 'c', had: [] },
    ])
    assert.deepEqual(shares.get('a'), [0, 1])
    assert.deepEqual(shares.get('b'), [3, 4])
    assert.deepEqual(shares.get('c'), [2, 5])
  })

  it('deals the partitions of one that left among the others, who keep theirs', () => {
    const shares = sharePartitions(range(5), [
      { member: 'a', had: [0, 2] },
      { member: 'b', had: [4] },
    ])
    assert.deepEqual(shares.get('a'), [0, 1, 2])
    assert.deepEqual(shares.get('b'), [3, 4])
  })

  it('gives each partition to exactly one, evenly, and keeps as many in place as can be, whatever is claimed', () => {
    const claims = fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 })
      .chain((members) =>
        fc.tuple(
          ...members.map((member) =>
            fc.array(fc.nat(50), { maxLength: 40 }).map((had): Claim => ({ member, had })),
          ),
        ),
      )
    fc.assert(
      fc.property(fc.nat(40), claims, (count, all) => {
        const shares = sharePartitions(range(count), all)
        const dealt = [...shares.values()].flat()
        assert.deepEqual(
          dealt.toSorted((a, b) => a - b),
          range(count),
        )
        const sizes = [...shares.values()].map(({ length }) => length)
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1)
        assert.equal(shares.size, all.length)
        assert.deepEqual(sharePartitions(range(count), [...all].toReversed()), shares)
        const again = sharePartitions(
          range(count),
          [...shares].map(([member, had]) => ({ member, had })),
        )
        assert.deepEqual(again, shares, 'a second look moved something')
      }),
    )
  })
})
