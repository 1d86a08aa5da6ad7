import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { freePort } from '../../../dev/parts/free-port.ts'

describe('A free port', () => {
  it('is another one each time, and none that somebody gets who asks for any', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()))
    assert.equal(new Set(ports).size, ports.length)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port: any } = server.address() as AddressInfo
    server.close()
    assert.ok(
      ports.every((port) => port < any && port < 30_000),
      `${ports.join()} beside ${any}`,
    )
  })

  it('is none on which somebody listens', async () => {
    const taken = (await freePort()) + 1
    const server = createServer().listen(taken, '127.0.0.1')
    await once(server, 'listening').catch(() => {}) // then somebody listens there already
    assert.notEqual(await freePort(), taken)
    server.close()
  })
})
