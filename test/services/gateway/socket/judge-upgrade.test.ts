import assert from 'node:assert/strict'
import type { Publication } from '../../../../services/shared/store/publish-tenant.ts'
import { aTenant } from '../../../support/a-tenant.ts'
import { ChatClient } from '../../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../../support/gateway-world.ts'
import { startKeyServer, type KeyServer } from '../../../support/key-server.ts'

describe('An upgrade that waits for the keys of an identity provider', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let keys: KeyServer

  before(async () => {
    world = await gatewayWorld()
  })

  beforeEach(async () => {
    gateway = await world.start()
    keys = await startKeyServer()
    keys.hold()
  })

  afterEach(() => keys.close())
  after(() => world.end())

  const acme = (): Publication => {
    const jwt = { issuer: 'i', audience: 'a', userClaim: 'sub', rolesClaim: 'roles', jwksURL: keys.url }
    return aTenant({ auth: { jwt } })
  }

  const options = async ({ tenant }: Publication) => ({
    url: gateway.url,
    tenant,
    token: await keys.sign({ sub: 'ann', roles: [], groups: ['staff'] }),
  })

  it('is refused when its tenant is suspended meanwhile', async () => {
    const tenant = await world.publish(acme())
    const refused = ChatClient.refused(await options(tenant))
    await keys.untilAsked(1)
    await world.publish({ ...tenant, state: 'suspended' })
    keys.serve()
    assert.deepEqual(await refused, { status: 403, code: 'TENANT_SUSPENDED' })
  })

  it('is refused when its page is no longer allowed', async () => {
    const tenant = await world.publish(acme())
    const refused = ChatClient.refused({ ...(await options(tenant)), origin: 'https://www.acme.example' })
    await keys.untilAsked(1)
    const web = { ...(tenant.web ?? assert.fail()), allowedOrigins: [] }
    await world.publish({ ...tenant, web })
    keys.serve()
    assert.deepEqual(await refused, { status: 403, code: 'ORIGIN_FORBIDDEN' })
  })

  it('is judged by the settings of the moment at which it is let in', async () => {
    const tenant = await world.publish(acme())
    const opened = ChatClient.connect(await options(tenant))
    await keys.untilAsked(1)
    const web = tenant.web ?? assert.fail()
    const jwt = { ...(web.auth.jwt ?? assert.fail()), rolesClaim: 'groups' }
    await world.publish({ ...tenant, web: { ...web, auth: { jwt } } })
    keys.serve()
    const client = await opened
    const welcome = client.frames[0]
    assert.deepEqual(welcome?.type === 'welcome' && welcome.agents.map(({ name }) => name), [
      'payroll',
      'support',
    ])
    await client.close()
  })

  it('is refused when the gateway begins to end meanwhile', async () => {
    const tenant = await world.publish(acme())
    const refused = ChatClient.refused(await options(tenant))
    await keys.untilAsked(1)
    const stopped = gateway.stop()
    keys.serve()
    assert.deepEqual(await refused, { status: 503, code: 'OVERLOADED' })
    await stopped
  })
})
