import assert from 'node:assert/strict'
import { allowOrigin } from '../../../services/gateway/allow-origin.ts'

const allowed = ['https://www.acme.example']
const judge = (origin: string | undefined, host = 'chat.example', own: readonly string[] = []): boolean =>
  allowOrigin({ origin, host }, own, allowed)

describe('An origin', () => {
  it('is allowed when the tenant lists it, to the letter', () => {
    assert.ok(judge('https://www.acme.example'))
    const foreign = [
      'https://acme.example',
      'http://www.acme.example',
      'https://www.acme.example:8443',
      'https://www.acme.example.evil.example',
      'https://www.acme.example/',
      'null',
      '',
      '*',
    ]
    for (const origin of foreign) assert.ok(!judge(origin), origin)
  })

  it('is allowed when it is missing: then it is no browser', () => {
    assert.ok(judge(undefined))
  })

  it("is the gateway's own when it is the host that was asked, unless the own origins are set", () => {
    assert.ok(judge('https://chat.example'))
    assert.ok(judge('http://chat.example'))
    assert.ok(!judge('ftp://chat.example'))
    assert.ok(!judge('https://evil.example'))
    assert.ok(!judge('https://chat.example', 'chat.example', ['https://other.example']))
    assert.ok(judge('https://other.example', 'chat.example', ['https://other.example']))
  })
})
