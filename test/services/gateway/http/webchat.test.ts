import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aTenant } from '../../../support/a-tenant.ts'
import { gatewayWorld, type GatewayWorld, type TestGateway } from '../../../support/gateway-world.ts'

describe('The chat page', () => {
  let world: GatewayWorld
  let gateway: TestGateway
  let folder: string
  let tenant: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-webchat-'))
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'page.html'), '<!doctype html><title>Chat</title>')
    writeFileSync(join(folder, 'widget.js'), 'void 0')
    writeFileSync(join(folder, 'assets', 'page.js'), 'void 1')
    writeFileSync(join(folder, 'secret.txt'), 'secret')
    world = await gatewayWorld()
    gateway = await world.start({ webchatFolder: folder })
    tenant = (await world.publish(aTenant())).tenant
  })

  after(async () => {
    await world.end()
    rmSync(folder, { recursive: true })
  })

  const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers })

  it('is served for every tenant with a web channel, also while that is suspended', async () => {
    const response = await get(`/chat/${tenant}?agent=support`)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(await response.text(), /Chat/)
    const suspended = (await world.publish(aTenant({ state: 'suspended' }))).tenant
    assert.equal((await get(`/chat/${suspended}`)).status, 200)
    assert.equal((await get('/chat/nobody')).status, 404)
    assert.equal((await get(`/chat/${tenant}/`)).url, `${gateway.url}/chat/${tenant}`)
  })

  it('loads only its own scripts, and may be framed only by the pages that the tenant lists', async () => {
    const { headers } = await get(`/chat/${tenant}`)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
    assert.match(policy, /frame-ancestors 'self' https:\/\/www\.acme\.example$/)
    assert.doesNotMatch(policy, /unsafe|\*/)
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  })

  it('brings the widget and its files to any site', async () => {
    for (const [path, text] of [
      ['/widget.js', 'void 0'],
      ['/assets/page.js', 'void 1'],
    ] as const) {
      const response = await get(path, { origin: 'https://anywhere.example' })
      assert.equal(response.status, 200)
      assert.match(response.headers.get('content-type') ?? '', /javascript/)
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      assert.equal(await response.text(), text)
    }
  })

  it('serves no other file', async () => {
    for (const path of ['/secret.txt', '/page.html', '/assets/..%2fsecret.txt', '/assets/%2e%2e/secret.txt'])
      assert.equal((await get(path)).status, 404, path)
  })

  it('says so when it was not built', async () => {
    const bare = await world.start({ webchatFolder: join(folder, 'missing') })
    const response = await fetch(`${bare.url}/chat/${tenant}`)
    assert.equal(response.status, 404)
    assert.match(((await response.json()) as { detail: string }).detail, /not built/)
    await bare.stop()
  })
})
