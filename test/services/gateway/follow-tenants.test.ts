import assert from 'node:assert/strict'
import { SignJWT } from 'jose'
import { webJwtSecretName } from '../../../services/shared/domain/tenant-config.ts'
import {
  publishState,
  publishTenant,
  type Publication,
} from '../../../services/shared/store/publish-tenant.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { ChatClient } from '../../support/chat-client.ts'
import { startKeyServer } from '../../support/key-server.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'
import { purgeTenant } from '../../support/purge-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'

const auth = { jwt: { issuer: 'i', audience: 'a', userClaim: 'sub', rolesClaim: 'roles' } }

const tokenOf = (secret: string): Promise<string> =>
  new SignJWT({ sub: 'ann', roles: ['staff'] })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('i')
    .setAudience('a')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))

describe('A change of a tenant', () => {
  let world: GatewayWorld
  let gateway: TestGateway

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
  })

  after(() => world.end())

  const signedTenant = (secret: string, changes: Partial<Publication> = {}): Publication => ({
    ...aTenant({ auth, secrets: { [webJwtSecretName]: secret } }),
    ...changes,
  })

  const connectAnn = async ({ tenant }: Publication, secret: string): Promise<ChatClient> =>
    ChatClient.connect({ url: gateway.url, tenant, token: await tokenOf(secret) })

  it('that leaves its people in peace is followed by their next message', async () => {
    const acme = aTenant()
    await world.publish(acme)
    const client = await world.client(gateway, acme.tenant)
    client.say('Hello', { agent: 'sales' })
    await client.nextError('AGENT_NOT_FOUND')
    await world.publish({ ...acme, agents: aTenant({ agents: { sales: null } }).agents })
    await client.sayAccepted('Hello', { agent: 'sales' })
    client.say('Hello', { agent: 'support' })
    await client.nextError('AGENT_NOT_FOUND')
    await client.close()
  })

  it('that suspends it closes its sockets with 4403, and nobody else notices', async () => {
    const [acme, globex] = [aTenant(), aTenant()]
    await world.publish(acme)
    await world.publish(globex)
    const client = await world.client(gateway, acme.tenant)
    const other = await world.client(gateway, globex.tenant)
    await publishState(world.store.operator, acme.tenant, 'suspended')
    await client.nextError('TENANT_SUSPENDED')
    assert.equal((await client.untilClosed()).code, 4403)
    await other.sayAccepted('Still here')
    await other.close()
  })

  it('that deletes it closes its sockets with 4403 and forgets its metrics', async () => {
    const acme = aTenant()
    await world.publish(acme)
    const client = await world.client(gateway, acme.tenant)
    await client.sayAccepted('Hello')
    const metrics = async (): Promise<string> => (await fetch(`${gateway.adminUrl}/metrics`)).text()
    assert.ok((await metrics()).includes(acme.tenant))
    await publishState(world.store.operator, acme.tenant, 'deleting')
    assert.equal((await client.untilClosed()).code, 4403)
    await purgeTenant(world.store.operator, acme.tenant)
    await waitUntil(
      { until: 'no series tells of the tenant' },
      async () => !(await metrics()).includes(acme.tenant),
    )
    assert.equal((await ChatClient.refused({ url: gateway.url, tenant: acme.tenant })).status, 404)
  })

  it('that creates it again under its name makes the old tokens worthless', async () => {
    const acme = aTenant()
    await world.publish(acme)
    const { token } = await world.visitor(gateway, acme.tenant)
    const client = await ChatClient.connect({ url: gateway.url, tenant: acme.tenant, token })
    await publishTenant(world.store.operator, aTenant({ name: acme.tenant }))
    assert.equal((await client.untilClosed()).code, 4401)
    assert.equal((await ChatClient.refused({ url: gateway.url, tenant: acme.tenant, token })).status, 401)
  })

  it('of its secret closes with 4401 those whose token is no longer good', async () => {
    const old = 'the-old-secret-of-at-least-32-bytes'
    const next = 'the-new-secret-of-at-least-32-bytes'
    const acme = signedTenant(old)
    await world.publish(acme)
    const client = await connectAnn(acme, old)
    const { secrets } = aTenant({ name: acme.tenant, auth, secrets: { [webJwtSecretName]: next } })
    await world.publish({ ...acme, secrets })
    assert.equal((await client.untilClosed()).code, 4401)
    await (await connectAnn(acme, next)).close()
  })

  it('of the claim that holds the roles closes with 1012 those whose roles are others now, and nobody else', async () => {
    const secret = 'the-old-secret-of-at-least-32-bytes'
    const acme = signedTenant(secret)
    await world.publish(acme)
    const client = await connectAnn(acme, secret)
    const web = acme.web ?? assert.fail()
    await world.publish({ ...acme, web: { ...web, allowedOrigins: ['https://other.example'] } })
    await client.sayAccepted('Hello', { agent: 'payroll' })
    const jwt = { ...auth.jwt, rolesClaim: 'groups' }
    await world.publish({ ...acme, web: { ...web, auth: { jwt } } })
    assert.equal((await client.untilClosed()).code, 1012)
  })

  it('of its allowedOrigins closes with 4403 those on a page that it does not list any more', async () => {
    const acme = aTenant()
    await world.publish(acme)
    const { token } = await world.visitor(gateway, acme.tenant)
    const options = { url: gateway.url, tenant: acme.tenant, token }
    const [there, own, none] = await Promise.all([
      ChatClient.connect({ ...options, origin: 'https://www.acme.example' }),
      ChatClient.connect({ ...options, origin: gateway.url }),
      ChatClient.connect(options),
    ])
    const web = { ...(acme.web ?? assert.fail()), allowedOrigins: ['https://other.example'] }
    await world.publish({ ...acme, web })
    assert.equal((await there.untilClosed()).code, 4403)
    await Promise.all([own.sayAccepted('Still here'), none.sayAccepted('Still here')])
    await Promise.all([own.close(), none.close()])
  })

  it('to other keys is followed also when those cannot be had at first', async () => {
    const [first, next] = await Promise.all([startKeyServer(), startKeyServer()])
    const jwt = { ...auth.jwt, jwksURL: first.url }
    const acme = aTenant({ auth: { jwt } })
    await world.publish(acme)
    const token = await first.sign({ sub: 'ann' })
    const client = await ChatClient.connect({ url: gateway.url, tenant: acme.tenant, token })
    next.fail()
    const web = acme.web ?? assert.fail()
    await world.publish({ ...acme, web: { ...web, auth: { jwt: { ...jwt, jwksURL: next.url } } } })
    await next.untilAsked(1)
    await client.sayAccepted('It cannot be told yet')
    next.serve()
    assert.equal((await client.untilClosed()).code, 4401)
    first.close()
    next.close()
  })

  it('is not needed for a token to end: its socket is closed with 4401', async () => {
    const acme = aTenant({ auth: { anonymous: { tokenTTL: '5s' } } })
    await world.publish(acme)
    // A token's end is in whole seconds: it lives for four at least.
    const { token } = await world.visitor(gateway, acme.tenant)
    const client = await ChatClient.connect({ url: gateway.url, tenant: acme.tenant, token })
    assert.equal(client.closed, null)
    const closed = await client.untilClosed(20_000)
    assert.deepEqual(closed, { code: 4401, reason: 'token expired' })
  })
})
