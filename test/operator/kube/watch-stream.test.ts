import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { readWatch } from '../../../operator/kube/watch-stream.ts'

const event = (name: string) => ({ type: 'MODIFIED', object: { metadata: { name } } })
const line = (value: unknown) => `${JSON.stringify(value)}\n`

const read = async (...chunks: readonly Buffer[]): Promise<readonly unknown[]> => {
  const events: unknown[] = []
  for await (const each of readWatch(Readable.from(chunks, { objectMode: false }))) events.push(each)
  return events
}

describe('readWatch', () => {
  it('reads an event a line, however the bytes arrive', async () => {
    const bytes = Buffer.from(`${line(event('Ähre'))}\n${line(event('日本'))}`)
    const single = [...bytes].map((byte) => Buffer.of(byte))
    const expected = [event('Ähre'), event('日本')]
    assert.deepEqual(await read(bytes), expected)
    assert.deepEqual(await read(...single), expected)
  })

  it('leaves out a last event that was cut off: the next watch brings it again', async () => {
    assert.deepEqual(await read(Buffer.from(line(event('whole')) + line(event('cut')).slice(0, -5))), [
      event('whole'),
    ])
  })

  it('throws what the server reports', async () => {
    const error = line({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
    await assert.rejects(read(Buffer.from(error)), { code: 'KUBE_EXPIRED' })
  })

  it('takes what is no JSON for a broken way to the server', async () => {
    await assert.rejects(read(Buffer.from('<html>\n')), { code: 'KUBE_UNAVAILABLE' })
  })
})
