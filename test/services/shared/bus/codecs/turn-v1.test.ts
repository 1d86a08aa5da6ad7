import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { decodeTurn, encodeTurn } from '../../../../../services/shared/bus/codecs/turn-v1.ts'
import type { TurnRecord } from '../../../../../services/shared/bus/codecs/turn-v1.ts'

const turn: TurnRecord = {
  tenant: 'acme',
  conversation: randomUUID(),
  turn: randomUUID(),
  enqueuedAt: 1_700_000_000_000,
}

const written = () => {
  const { key, value, headers = {} } = encodeTurn(turn)
  return { key, value: Buffer.from(value), headers }
}

const withField = (name: string, field: unknown) => {
  const record = written()
  const fields = JSON.parse(record.value.toString()) as Record<string, unknown>
  return { ...record, value: Buffer.from(JSON.stringify({ ...fields, [name]: field })) }
}

describe('turn-v1', () => {
  it('reads what it wrote', () => {
    assert.deepEqual(decodeTurn(written()), turn)
  })

  it('holds ids and a time, and nothing else', () => {
    const { key, value, headers } = encodeTurn({ ...turn, text: 'a secret' } as TurnRecord)
    assert.equal(key, `acme/${turn.conversation}`)
    assert.deepEqual(Object.keys(JSON.parse(String(value)) as object), [
      'v',
      'tenant',
      'conversation',
      'turn',
      'enqueuedAt',
    ])
    assert.deepEqual(Object.keys(headers ?? {}), ['tenant'])
  })

  const refused: Readonly<Record<string, ReturnType<typeof written>>> = {
    'no JSON': { ...written(), value: Buffer.from('{') },
    'an array': { ...written(), value: Buffer.from('[]') },
    'nothing at all': { ...written(), value: Buffer.alloc(0) },
    'another version': withField('v', 2),
    'no version': withField('v', undefined),
    'a tenant that is no id': withField('tenant', 'Acme:*'),
    'another tenant than its key and header': withField('tenant', 'other'),
    'a conversation that is no UUID': withField('conversation', 'x'),
    'another conversation than its key': withField('conversation', randomUUID()),
    'no turn': withField('turn', undefined),
    'a time that is no number': withField('enqueuedAt', 'today'),
    'the key of another tenant': { ...written(), key: `other/${turn.conversation}` },
    'the header of another tenant': { ...written(), headers: { tenant: 'other' } },
    'no tenant header': { ...written(), headers: {} },
  }
  for (const [what, record] of Object.entries(refused))
    it(`refuses ${what}`, () => {
      assert.throws(() => decodeTurn(record), { code: 'RECORD_INVALID' })
    })

  it('refuses a record without a key', () => {
    assert.throws(() => decodeTurn({ ...written(), key: null }), { code: 'RECORD_INVALID' })
  })

  it('ignores fields and headers that it does not know', () => {
    assert.deepEqual(decodeTurn(withField('text', 'more')), turn)
    assert.deepEqual(
      decodeTurn({
        ...written(),
        headers: { tenant: 'acme', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      }),
      turn,
    )
  })

  it('refuses any bytes with the one error that consumers know', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.throws(() => decodeTurn({ ...written(), value: Buffer.from(bytes) }), {
          code: 'RECORD_INVALID',
        })
      }),
    )
  })
})
