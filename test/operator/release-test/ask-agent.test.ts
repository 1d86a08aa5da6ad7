import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { askAgent } from '../../../operator/release-test/ask-agent.ts'

describe('Asking the agent of a tenant that was made just now', () => {
  it('goes on to another gateway where one has not heard of the tenant yet', async () => {
    const answers = [404, 201]
    const upgrades = ['refused', 'taken']
    const server = createServer((_request, response) => {
      response.writeHead(answers.shift() ?? 500).end('{"token":"ann","user":"ann"}')
    })
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'konstruct.v1' })
    server.on('upgrade', (request, socket, head) => {
      if (upgrades.shift() === 'refused') socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
      else sockets.handleUpgrade(request, socket, head, answer)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const said = askAgent({
      gateway: `http://127.0.0.1:${port}`,
      tenant: 'new',
      agent: 'new',
      withinMs: 5_000,
    })
    assert.equal(await said, 'Hello, Ann')
    assert.deepEqual([answers, upgrades], [[], []])
    server.close()
    server.closeAllConnections()
  })
})

const answer = (socket: WebSocket): void => {
  const tell = (event: object): void => socket.send(JSON.stringify({ type: 'event', event }))
  socket.on('message', () => {
    tell({ kind: 'delta', text: 'Hello, ' })
    tell({ kind: 'delta', text: 'Ann' })
    tell({ kind: 'state', state: 'answered' })
  })
}
