import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { aTenant } from '../../../support/a-tenant.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../../support/gateway-world.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { ask as askGateway, assertProblem, type Answer } from './ask-gateway.ts'

const page = 'https://www.acme.example'

describe('The HTTP side', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let tenant: string
  let token: string

  before(async () => {
    world = await gatewayWorld()
    gateway = await world.start()
    tenant = (await world.publish(aTenant())).tenant
    token = (await world.visitor(gateway, tenant)).token
  })

  after(() => world.end())

  const ask = (path: string, init: RequestInit & { as?: string | null } = {}): Promise<Answer> =>
    askGateway(gateway, path, { ...init, as: init.as === undefined ? token : init.as })

  const api = (path: string): string => `/v1/tenants/${tenant}${path}`

  describe('visitors', () => {
    it('makes a new visitor with a token and its end', async () => {
      const { status, body } = await ask(api('/visitors'), { method: 'POST', as: null })
      assert.equal(status, 201)
      assert.match(String(body['user']), /^visitor-/)
      const left = Date.parse(String(body['expiresAt'])) - Date.now()
      assert.ok(left > 3_500_000 && left <= 3_600_000)
    })

    it('is refused where the tenant has no visitors, or is suspended, or is not there', async () => {
      const auth = { jwt: { issuer: 'i', audience: 'a', userClaim: 'sub', rolesClaim: 'roles' } }
      const signed = (await world.publish(aTenant({ auth }))).tenant
      const suspended = (await world.publish(aTenant({ state: 'suspended' }))).tenant
      const post = (name: string) => ask(`/v1/tenants/${name}/visitors`, { method: 'POST', as: null })
      assertProblem(await post(signed), 403, 'VISITORS_FORBIDDEN')
      assertProblem(await post(suspended), 403, 'TENANT_SUSPENDED')
      assertProblem(await post('nobody'), 404, 'TENANT_NOT_FOUND')
      assertProblem(await post('..%2f..'), 404, 'TENANT_NOT_FOUND')
      assertProblem(await ask('/v1/tenants/%zz/visitors', { method: 'POST' }), 400, 'REQUEST_INVALID')
    })

    it('is limited per address, with a time to come back', async () => {
      const strict = await world.start({ visitorsBurst: 3, visitorsPerMinute: 1, trustedProxies: 1 })
      const post = (address: string) =>
        fetch(strict.url + api('/visitors'), { method: 'POST', headers: { 'x-forwarded-for': address } })
      for (let i = 0; i < 3; i++) assert.equal((await post('203.0.113.1')).status, 201)
      const refused = await post('made-up, 203.0.113.1')
      assert.equal(refused.status, 429)
      const seconds = Number(refused.headers.get('retry-after'))
      assert.ok(seconds > 0 && seconds <= 60, `${seconds} s`)
      assert.equal(((await refused.json()) as { code: string }).code, 'RATE_LIMITED')
      assert.equal((await post('203.0.113.2')).status, 201)
      await strict.stop()
    })
  })

  describe('agents', () => {
    it('lists those that the user may talk to', async () => {
      const { body } = await ask(api('/agents'))
      assert.deepEqual(body, {
        agents: [{ name: 'support', displayName: 'Agent support', greeting: 'I am support.' }],
      })
    })

    it('needs a token of this tenant', async () => {
      const other = (await world.publish(aTenant())).tenant
      const foreign = (await world.visitor(gateway, other)).token
      for (const as of [null, 'garbage', foreign]) {
        const answer = await ask(api('/agents'), { as })
        assertProblem(answer, 401, 'TOKEN_INVALID')
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
      }
      assertProblem(await ask('/v1/tenants/nobody/agents'), 404, 'TENANT_NOT_FOUND')
    })
  })

  describe('reading', () => {
    it('is limited per user, with a time to come back', async () => {
      const strict = await world.start({ readsBurst: 3, readsPerMinute: 6 })
      const read = (path: string, as: string) => askGateway(strict, api(path), { as })
      const paths = ['/agents', '/conversations', `/conversations/${randomUUID()}/messages`]
      for (const path of paths) assert.notEqual((await read(path, token)).status, 429)
      for (const path of paths) {
        const refused = await read(path, token)
        assertProblem(refused, 429, 'RATE_LIMITED')
        assert.ok(Number(refused.headers.get('retry-after')) >= 10)
      }
      const other = (await world.visitor(strict, tenant)).token
      assert.equal((await read('/agents', other)).status, 200)
      await strict.stop()
    })
  })

  describe('other sites', () => {
    it('are answered when the tenant allows them, and refused otherwise', async () => {
      const allowed = await ask(api('/agents'), { headers: { origin: page } })
      assert.equal(allowed.status, 200)
      assert.equal(allowed.headers.get('access-control-allow-origin'), page)
      assert.match(allowed.headers.get('vary') ?? '', /Origin/)
      for (const origin of ['https://evil.example', 'null']) {
        const refused = await ask(api('/visitors'), { method: 'POST', headers: { origin } })
        assertProblem(refused, 403, 'ORIGIN_FORBIDDEN')
        assert.equal(refused.headers.get('access-control-allow-origin'), null)
      }
    })

    it('are told before they ask what they may ask', async () => {
      const preflight = (origin: string) =>
        ask(api('/conversations'), {
          method: 'OPTIONS',
          as: null,
          headers: { origin, 'access-control-request-method': 'GET' },
        })
      const allowed = await preflight(page)
      assert.equal(allowed.status, 204)
      assert.equal(allowed.headers.get('access-control-allow-origin'), page)
      assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /Authorization/)
      assert.equal((await preflight('https://evil.example')).status, 403)
    })

    it('can read that a tenant is not there', async () => {
      const path = '/v1/tenants/nobody'
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
      const preflight = await ask(`${path}/agents`, { method: 'OPTIONS', as: null, headers })
      assert.equal(preflight.status, 204)
      for (const [method, name] of [
        ['POST', 'visitors'],
        ['GET', 'agents'],
      ] as const) {
        const answer = await ask(`${path}/${name}`, { method, headers })
        assertProblem(answer, 404, 'TENANT_NOT_FOUND')
        assert.equal(answer.headers.get('access-control-allow-origin'), headers.origin)
      }
    })

    it('can read why they were refused', async () => {
      const refused = await ask(api('/agents'), { as: 'garbage', headers: { origin: page } })
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('access-control-allow-origin'), page)
    })
  })

  it('answers who would rather speak another protocol in this one', async () => {
    for (const upgrade of ['h2c', 'TLS/1.0, h2c']) {
      const socket = connect(gateway.port, '127.0.0.1')
      const wishes = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABk`
      socket.write(
        `GET ${api('/agents')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${wishes}\r\n\r\n`,
      )
      const [first] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])))
      assert.match(first.toString(), /^HTTP\/1.1 200 /, upgrade)
      socket.destroy()
    }
  })

  it('takes as many connections besides as WebSockets, and not many more', async () => {
    const small = await world.start({ maxConnections: 20 })
    const closed = new Set<Socket>()
    const sockets = await Promise.all(
      Array.from({ length: 160 }, async () => {
        const socket = connect(small.port, '127.0.0.1')
        socket.on('error', () => {}).on('close', () => closed.add(socket))
        await once(socket, 'connect')
        return socket
      }),
    )
    await waitUntil({ until: 'those too many are closed' }, () => closed.size === 20)
    for (const socket of sockets) socket.destroy()
    await waitUntil({ until: 'there is room again' }, async () => {
      const response = await fetch(`${small.url}${api('/agents')}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return response.ok
    })
    await small.stop()
  })

  describe('anything else', () => {
    it('is 404 and tells nothing about what answers', async () => {
      for (const path of ['/', '/metrics', '/livez', '/v1', '/chat', '/assets/../../package.json', '/.env']) {
        const answer = await ask(path)
        assertProblem(answer, 404, 'NOT_FOUND')
        assert.equal(answer.headers.get('x-powered-by'), null)
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      }
      assertProblem(await ask(api('/agents'), { method: 'DELETE' }), 404, 'NOT_FOUND')
    })

    it('is refused when it brings a large body, or one without an end', async () => {
      const large = await ask(api('/visitors'), { method: 'POST', body: 'x'.repeat(1_000_000) }).catch(
        () => null,
      )
      if (large !== null) assertProblem(large, 400, 'REQUEST_INVALID')
      const socket = connect(gateway.port, '127.0.0.1')
      const path = api('/visitors')
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)
      const [first] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])))
      assert.match(first.toString(), /^HTTP\/1.1 400 /)
      socket.destroy()
    })

    it('is refused when its head is larger than 16 KiB', async () => {
      assert.equal((await ask(api('/agents'), { headers: { 'x-large': 'x'.repeat(20_000) } })).status, 431)
    })
  })
})
