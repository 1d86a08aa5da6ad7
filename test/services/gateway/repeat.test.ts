import assert from 'node:assert/strict'
import type { ErrorFrame } from '../../../services/shared/domain/frames.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('A send that comes again', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
  })

  after(() => world.end())

  it('gets the first one back also where it would be refused by now, and nobody else does', async () => {
    const rates = [{ channel: 'web', messagesPerMinute: 1, burst: 1 }] as const
    const strict = aTenant({ limits: { rates } })
    await world.publish(strict)
    const [client, other] = await Promise.all([
      world.client(gateway, strict.tenant),
      world.client(gateway, strict.tenant),
    ])
    const text = 'x'.repeat(2_000)
    const said = client.say(text)
    const first = await client.next('accepted')
    const repeat = async (refusal: ErrorFrame['code']): Promise<void> => {
      client.say(text, said)
      assert.deepEqual(await client.next('accepted'), first)
      client.say(text, { conversation: said.conversation })
      await client.nextError(refusal)
      other.say(text, said)
      await other.nextError(refusal)
    }
    await repeat('RATE_LIMITED')
    const { limits } = strict.spec
    await world.publish({
      ...strict,
      spec: { ...strict.spec, limits: { ...limits, maxMessageBytes: 1_024 } },
    })
    await repeat('TEXT_TOO_LONG')
    await world.publish({ ...strict, agents: aTenant({ agents: { sales: null } }).agents })
    await repeat('AGENT_NOT_FOUND')
    const records = await waitUntil({ until: 'Kafka has the turn' }, () => {
      const found = world.turns.filter(({ turn }) => turn === first.turn)
      return found.length > 0 ? found : undefined
    })
    assert.equal(records.length, 1)
    await Promise.all([client.close(), other.close()])
  })

  it('is looked for, where it is refused, no oftener than its user may ask', async () => {
    const frugal = await world.start({ asksBurst: 2, asksPerMinute: 1 })
    const client = await world.client(frugal, tenant)
    for (const code of ['AGENT_NOT_FOUND', 'AGENT_NOT_FOUND', 'RATE_LIMITED'] as const) {
      client.say('Hello', { agent: 'nobody' })
      await client.nextError(code)
    }
    await client.sayAccepted('Hello')
    await client.close()
    await frugal.stop()
  })
})
