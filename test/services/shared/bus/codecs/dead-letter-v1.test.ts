import assert from 'node:assert/strict'
import {
  decodeDeadLetter,
  encodeDeadLetter,
} from '../../../../../services/shared/bus/codecs/dead-letter-v1.ts'

const original = {
  topic: 'konstruct.turns',
  partition: 3,
  offset: '9007199254740993',
  key: 'acme/1',
  value: Buffer.from([0, 255, 123]),
  headers: { tenant: 'acme' },
}

describe('dead-letter-v1', () => {
  it('keeps the original whole, bytes that are no text included', () => {
    const { value } = encodeDeadLetter({ ...original, timestamp: 1 }, 'RECORD_INVALID', 42)
    assert.deepEqual(decodeDeadLetter({ value: Buffer.from(value) }), {
      original,
      code: 'RECORD_INVALID',
      at: 42,
    })
  })

  it('keeps an original without a key', () => {
    const { key, value } = encodeDeadLetter({ ...original, key: null, timestamp: 1 }, 'INTERNAL', 42)
    assert.equal(key, '')
    assert.equal(decodeDeadLetter({ value: Buffer.from(value) }).original.key, null)
  })

  for (const value of ['', 'null', '[]', '{"v":1}', '{"v":2}'])
    it(`refuses ${value || 'nothing'}`, () => {
      assert.throws(() => decodeDeadLetter({ value: Buffer.from(value) }), { code: 'RECORD_INVALID' })
    })
})
