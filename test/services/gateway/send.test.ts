import assert from 'node:assert/strict'
import { aTenant } from '../../support/a-tenant.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('A send', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  it('is accepted when its turn is in Kafka, and shown to its sender', async () => {
    const client = await world.client(gateway, tenant)
    const { id, conversation } = client.say('Hello')
    const accepted = await client.next('accepted')
    assert.equal(accepted.id, id)
    const subscribed = await client.next('subscribed')
    const { event } = await client.nextEvent('message')
    await client.nextEvent('state', ({ state }) => state === 'queued')
    assert.equal(event.message.text, 'Hello')
    assert.equal(event.message.id, accepted.message)
    assert.deepEqual([subscribed.recovered, subscribed.messages, subscribed.live], [false, [], null])
    const turn = await waitUntil({ until: 'Kafka has the turn' }, () =>
      world.turns.find((record) => record.turn === accepted.turn),
    )
    assert.deepEqual([turn.tenant, turn.conversation], [tenant, conversation])
  })
})
