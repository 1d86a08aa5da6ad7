import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { visitorToken } from '../../../dev/demo/visitor-token.ts'

describe('A visitor’s token for the demo', () => {
  let server: Server
  let answers: readonly (readonly [status: number, body: string])[]
  let asked = 0

  before(async () => {
    server = createServer((_, response) => {
      const [status, body] = answers[Math.min(asked, answers.length - 1)] ?? [500, '']
      asked += 1
      response.writeHead(status, { connection: 'close' }).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  beforeEach(() => {
    asked = 0
  })
  after(() => server.close())

  const ask = (): Promise<string> => {
    const { port } = server.address() as AddressInfo
    return visitorToken({ gateway: `http://127.0.0.1:${port}`, tenant: 'acme' })
  }

  it('is waited for while the gateway has not heard of the tenant yet', async () => {
    answers = [
      [404, ''],
      [404, ''],
      [201, '{"token":"t"}'],
    ]
    assert.equal(await ask(), 't')
  })

  it('is not waited for where the gateway refuses it, and the refusal is told', async () => {
    answers = [[403, 'nobody is let in']]
    await assert.rejects(ask(), /no visitor token: 403 nobody is let in/)
    assert.equal(asked, 1)
  })
})
