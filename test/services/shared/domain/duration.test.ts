import assert from 'node:assert/strict'
import { durationSeconds } from '../../../../services/shared/domain/duration.ts'

describe('A duration', () => {
  it('is read in seconds', () => {
    const read = ['24h', '1h30m', '90s', '720h', '1h1m1s'].map(durationSeconds)
    assert.deepEqual(read, [86_400, 5_400, 90, 2_592_000, 3_661])
  })

  it('is refused when it is none', () => {
    for (const text of ['', '24', 'h', '1d', '1m1h', '-1h', '1.5h'])
      assert.throws(() => durationSeconds(text), TypeError)
  })
})
