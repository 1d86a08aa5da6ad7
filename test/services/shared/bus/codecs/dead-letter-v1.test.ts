import assert from 'node:assert/strict'
import {
  decodeDeadLetter,
  encodeDeadLetter,
} from '../../../../../services/shared/bus/codecs/dead-letter-v1.ts'
import type { LogRecord } from '../../../../../services/shared/bus/message-log.ts'

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
      leftOut: [],
    })
  })

  /** Smaller than Kafka's own bound for a record, which the original may reach. */
  const largest = 600_000
  const large = 'é'.repeat(500_000)
  const decoded = (record: Partial<LogRecord>) => {
    const { key, value, headers } = encodeDeadLetter({ ...original, ...record, timestamp: 1 }, 'INTERNAL', 42)
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value)
    assert.ok(bytes < largest, `${bytes} bytes`)
    assert.deepEqual(headers, { code: 'INTERNAL' })
    return { key, ...decodeDeadLetter({ value: Buffer.from(value) }) }
  }

  it('leaves out a value that would make it larger than what Kafka takes, and says so', () => {
    assert.deepEqual(decoded({ value: Buffer.from(large) }), {
      key: original.key,
      original: { ...original, value: Buffer.alloc(0) },
      code: 'INTERNAL',
      at: 42,
      leftOut: ['value'],
    })
  })

  for (const [part, record] of Object.entries({ key: { key: large }, headers: { headers: { large } } }))
    it(`leaves out all that is of any size when its ${part} is too large, and still tells where it was`, () => {
      assert.deepEqual(decoded(record), {
        key: '',
        original: { ...original, key: null, headers: {}, value: Buffer.alloc(0) },
        code: 'INTERNAL',
        at: 42,
        leftOut: ['value', 'headers', 'key'],
      })
    })

  it('reads one that was written before anything was left out', () => {
    const { value } = encodeDeadLetter({ ...original, timestamp: 1 }, 'INTERNAL', 42)
    const { leftOut: _, ...earlier } = JSON.parse(String(value)) as Record<string, unknown>
    const { leftOut, original: read } = decodeDeadLetter({ value: Buffer.from(JSON.stringify(earlier)) })
    assert.deepEqual([leftOut, read], [[], original])
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
