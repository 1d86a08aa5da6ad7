import assert from 'node:assert/strict'
import { Client } from 'pg'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('A gateway that ends', () => {
  let world: GatewayWorld
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  /** Its sockets are told to stay almost as long as any may. */
  const stopLate = (gateway: TestGateway): Promise<void> => {
    const { random } = Math
    Math.random = () => 0.999
    const stopped = gateway.stop()
    Math.random = random
    return stopped
  }

  it('tells every client when to come back, and closes with 1012 then', async () => {
    const gateway = await world.start({ drainSpreadMs: 600 })
    const clients = await Promise.all(Array.from({ length: 8 }, () => world.client(gateway, tenant)))
    const begun = performance.now()
    const stopped = gateway.stop()
    const times = await Promise.all(
      clients.map(async (client) => {
        const { afterMs } = await client.next('reconnect')
        assert.equal((await client.untilClosed()).code, 1012)
        return { afterMs, closedMs: performance.now() - begun }
      }),
    )
    await stopped
    for (const { afterMs, closedMs } of times) {
      assert.ok(afterMs >= 0 && afterMs < 600)
      assert.ok(closedMs >= afterMs - 20, `closed after ${closedMs} ms instead of ${afterMs} ms`)
    }
    assert.ok(new Set(times.map(({ afterMs }) => afterMs)).size > 1, 'all at once')
  })

  it('is not ready any more, refuses new sockets, and answers what was sent before it goes', async () => {
    const gateway = await world.start({ drainSpreadMs: 3_000 })
    const { token } = await world.visitor(gateway, tenant)
    const clients = await Promise.all(Array.from({ length: 6 }, () => world.client(gateway, tenant)))
    const stopped = stopLate(gateway)
    await Promise.all(clients.map((client) => client.next('reconnect')))
    const [ready, refused, ...accepted] = await Promise.all([
      fetch(`${gateway.adminUrl}/readyz`),
      ChatClient.refused({ url: gateway.url, tenant, token }),
      ...clients.map((client) => client.sayAccepted('Just before')),
    ])
    assert.equal(ready.status, 503)
    assert.deepEqual(refused, { status: 503, code: 'OVERLOADED' })
    await stopped
    await assert.rejects(fetch(`${gateway.adminUrl}/readyz`))
    const turns = accepted.map(({ turn }) => turn)
    const admin = new Client({ connectionString: world.store.adminUrl.reveal() })
    await admin.connect()
    const { rows } = await admin.query(
      'select 1 from konstruct.open_turns where turn_id = any ($1) and published_at is not null',
      [turns],
    )
    await admin.end()
    assert.equal(rows.length, turns.length, 'a publication was not noted')
    await waitUntil({ until: 'Kafka has every accepted turn' }, () =>
      turns.every((turn) => world.turns.some((record) => record.turn === turn)),
    )
  })

  it('answers requests while clients leave, and keeps no connection', async () => {
    const gateway = await world.start({ drainSpreadMs: 3_000 })
    const clients = await Promise.all(Array.from({ length: 6 }, () => world.client(gateway, tenant)))
    const stopped = stopLate(gateway)
    await Promise.all(clients.map((client) => client.next('reconnect')))
    const url = `${gateway.url}/v1/tenants/${tenant}/visitors`
    const response = await fetch(url, { method: 'POST' })
    assert.deepEqual([response.status, response.headers.get('connection')], [201, 'close'])
    await response.text()
    await stopped
  })

  it('closes with 1001 when what was sent cannot be answered in time, and the next gateway takes it', async () => {
    const gateway = await world.start({ drainSpreadMs: 0 })
    const { token } = await world.visitor(gateway, tenant)
    const client = await ChatClient.connect({ url: gateway.url, tenant, token })
    const admin = new Client({ connectionString: world.store.adminUrl.reveal() })
    await admin.connect()
    await admin.query('begin; lock table konstruct.messages in access exclusive mode')
    const said = client.say('Held up')
    await waitUntil({ until: 'the message waits for its table' }, async () => {
      const { rows } = await admin.query(
        `select from pg_locks where not granted and relation = 'konstruct.messages'::regclass`,
      )
      return rows.length > 0
    })
    const stopped = gateway.stop()
    assert.equal((await client.untilClosed()).code, 1001)
    await admin.query('commit')
    await stopped
    const next = await ChatClient.connect({ url: (await world.start()).url, tenant, token })
    next.say('Held up', said)
    assert.equal((await next.next('accepted')).id, said.id)
    const { rows } = await admin.query('select from konstruct.messages where client_message_id = $1', [
      said.id,
    ])
    assert.equal(rows.length, 1)
    await admin.end()
    next.socket.terminate()
  })
})
