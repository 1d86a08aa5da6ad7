import assert from 'node:assert/strict'
import { SignJWT } from 'jose'
import { webJwtSecretName } from '../../../services/shared/domain/tenant-config.ts'
import { aTenant } from '../../support/a-tenant.ts'
import { bearerProtocol, ChatClient } from '../../support/chat-client.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../support/gateway-world.ts'

const page = 'https://www.acme.example'
const providerSecret = 'a-shared-secret-of-at-least-32-bytes'
const auth = {
  jwt: { issuer: 'https://id.example', audience: 'konstruct', userClaim: 'sub', rolesClaim: 'roles' },
}

describe('An upgrade', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string
  let token: string
  let url: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
    token = (await world.visitor(gateway, tenant)).token
    url = gateway.url
  })

  after(() => world.end())

  it('is answered with konstruct.v1 and a welcome, and never with the token', async () => {
    const client = await ChatClient.connect({ url, tenant, token, origin: page })
    assert.equal(client.socket.protocol, 'konstruct.v1')
    const welcome = client.frames[0]
    assert.equal(welcome?.type, 'welcome')
    assert.deepEqual(welcome.type === 'welcome' && [welcome.protocol, welcome.tenant, welcome.agents], [
      'konstruct.v1',
      tenant,
      [{ name: 'support', displayName: 'Agent support', greeting: 'I am support.' }],
    ])
    await client.close()
  })

  it('selects konstruct.v1 also when the token is offered first', async () => {
    const protocols = [bearerProtocol(token), 'konstruct.v1']
    const client = await ChatClient.connect({ url, tenant, protocols })
    assert.equal(client.socket.protocol, 'konstruct.v1')
    await client.close()
  })

  it('takes the token from the usual header too, for those who can set it', async () => {
    const headers = { authorization: `Bearer ${token}` }
    await (await ChatClient.connect({ url, tenant, headers })).close()
  })

  it('is refused with 404 for a tenant that is not there, and on any other path', async () => {
    assert.deepEqual(await ChatClient.refused({ url, tenant: 'nobody', token }), {
      status: 404,
      code: 'TENANT_NOT_FOUND',
    })
    const noWeb = await world.publish(aTenant({ web: null }))
    const closed = await world.publish(aTenant({ web: { enabled: false } }))
    const leaving = await world.publish(aTenant({ state: 'deleting' }))
    for (const other of [noWeb, closed, leaving])
      assert.equal((await ChatClient.refused({ url, tenant: other.tenant, token })).code, 'TENANT_NOT_FOUND')
    assert.equal((await ChatClient.refused({ url, tenant: `${tenant}/x`, token })).status, 404)
  })

  it('is refused with 403 for a page that is neither ours nor in allowedOrigins', async () => {
    for (const origin of ['https://evil.example', 'null', 'https://www.acme.example.evil.example'])
      assert.deepEqual(await ChatClient.refused({ url, tenant, token, origin }), {
        status: 403,
        code: 'ORIGIN_FORBIDDEN',
      })
    await (await ChatClient.connect({ url, tenant, token, origin: url })).close()
  })

  it('without a good token is refused with 401, before it happens', async () => {
    const other = (await world.publish(aTenant())).tenant
    const foreign = (await world.visitor(gateway, other)).token
    for (const wrong of [undefined, 'garbage', foreign])
      assert.deepEqual(
        await ChatClient.refused({ url, tenant, ...(wrong === undefined ? {} : { token: wrong }) }),
        { status: 401, code: 'TOKEN_INVALID' },
      )
  })

  it('without a good token is told to a browser, which cannot see a 401, by closing with 4401', async () => {
    for (const wrong of [{}, { token: 'garbage' }]) {
      const closed = await ChatClient.connectToBeClosed({ url, tenant, origin: page, ...wrong })
      assert.deepEqual([closed.code, closed.frames], [4401, []])
    }
  })

  it('that does not speak konstruct.v1 is closed with 4400', async () => {
    const headers = { authorization: `Bearer ${token}` }
    assert.equal((await ChatClient.connectToBeClosed({ url, tenant, protocols: [], headers })).code, 4400)
    assert.equal(
      (await ChatClient.connectToBeClosed({ url, tenant, protocols: [], origin: page })).code,
      4400,
    )
  })

  it('at a suspended tenant is refused with 403, and closed with 4403 for a browser', async () => {
    const suspended = aTenant()
    await world.publish(suspended)
    const visitor = await world.visitor(gateway, suspended.tenant)
    await world.publish({ ...suspended, state: 'suspended' })
    const options = { url, tenant: suspended.tenant, token: visitor.token }
    assert.deepEqual(await ChatClient.refused(options), { status: 403, code: 'TENANT_SUSPENDED' })
    const closed = await ChatClient.connectToBeClosed({ ...options, origin: page })
    assert.equal(closed.code, 4403)
    assert.equal(closed.frames[0]?.type === 'error' && closed.frames[0].code, 'TENANT_SUSPENDED')
  })

  it("shows a user of the tenant's provider the agents that the user's roles allow", async () => {
    const secrets = { [webJwtSecretName]: providerSecret }
    const globex = (await world.publish(aTenant({ auth, secrets }))).tenant
    const tokenOf = (roles: readonly string[]) =>
      new SignJWT({ sub: 'ann', roles })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('https://id.example')
        .setAudience('konstruct')
        .setExpirationTime('1h')
        .sign(new TextEncoder().encode(providerSecret))
    for (const [roles, names] of [
      [[], ['support']],
      [['staff'], ['payroll', 'support']],
    ] as const) {
      const client = await ChatClient.connect({ url, tenant: globex, token: await tokenOf(roles) })
      const welcome = client.frames[0]
      assert.deepEqual(welcome?.type === 'welcome' && welcome.agents.map(({ name }) => name), names)
      await client.close()
    }
  })

  it('is refused with 503 when there are too many sockets already', async () => {
    const small = await world.start({ maxConnectionsPerAddress: 2 })
    const open = await Promise.all([world.client(small, tenant), world.client(small, tenant)])
    assert.deepEqual(await ChatClient.refused({ url: small.url, tenant, token }), {
      status: 503,
      code: 'OVERLOADED',
    })
    await open[0].close()
    await (await world.client(small, tenant)).close()
    await open[1].close()
    await small.stop()
  })
})
