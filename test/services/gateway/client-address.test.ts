import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { clientAddress } from '../../../services/gateway/client-address.ts'

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ headers: { 'x-forwarded-for': forwarded }, socket: { remoteAddress } }) as unknown as IncomingMessage

describe("A client's address", () => {
  it('is that of the connection while no proxy is trusted', () => {
    assert.equal(clientAddress(from('192.0.2.7', '203.0.113.9'), 0), '192.0.2.7')
    assert.equal(clientAddress(from('::ffff:192.0.2.7'), 0), '192.0.2.7')
  })

  it('is what the outermost trusted proxy saw, not what the client wrote', () => {
    assert.equal(clientAddress(from('10.0.0.1', 'made-up, 203.0.113.9'), 1), '203.0.113.9')
    assert.equal(clientAddress(from('10.0.0.1', 'made-up, 203.0.113.9, 10.0.0.2'), 2), '203.0.113.9')
    assert.equal(clientAddress(from('10.0.0.1'), 1), '10.0.0.1')
  })

  it('counts for its whole network with IPv6', () => {
    const one = clientAddress(from('2001:db8:1:2:aaaa::1'), 0)
    assert.equal(clientAddress(from('2001:db8:1:2:bbbb:cccc:dddd:eeee'), 0), one)
    assert.notEqual(clientAddress(from('2001:db8:1:3::1'), 0), one)
    assert.notEqual(clientAddress(from('2001:db8::1'), 0), one)
  })

  it('is the same whatever port a proxy adds to it', () => {
    const written = ['203.0.113.9', '203.0.113.9:40001', '[::ffff:203.0.113.9]:1']
    for (const address of written) assert.equal(clientAddress(from('10.0.0.1', address), 1), '203.0.113.9')
    const network = clientAddress(from('2001:db8:1:2::1'), 0)
    for (const address of ['2001:db8:1:2::1', '[2001:db8:1:2::1]', '[2001:db8:1:2::9]:40001'])
      assert.equal(clientAddress(from('10.0.0.1', address), 1), network)
  })

  it('is short, whatever a proxy passes on', () => {
    assert.ok(clientAddress(from('10.0.0.1', 'x'.repeat(5_000)), 1).length <= 64)
  })
})
