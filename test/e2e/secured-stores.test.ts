// The whole platform on stores that want TLS and passwords, with a model behind HTTPS: it works, and a process that a
// store refuses says so and is not ready.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import { freePort } from '../../dev/parts/free-port.ts'
import { startLeashed } from '../../dev/parts/leashed-program.ts'
import { Database } from '../../services/shared/store/database.ts'
import { aModel, anAgent, aTenant, manifestsOf } from '../operator/manifests.ts'
import { makeAuthority } from '../support/authority.ts'
import { password, securedStores, type SecuredStores, user } from '../support/secured-stores.ts'
import { waitUntil } from '../support/wait-until.ts'
import { Platform } from './platform.ts'

const run = promisify(execFile)
const root = new URL('../..', import.meta.url).pathname

describe('On stores that want TLS and passwords', function () {
  this.timeout(60_000)
  let stores: SecuredStores
  let platform: Platform
  let folder: string
  let settings: Readonly<Record<string, string>>
  let tunnel: Server | undefined

  before(async function () {
    this.timeout(240_000)
    folder = mkdtempSync(join(tmpdir(), 'konstruct-e2e-secured-'))
    stores = await securedStores()
    settings = {
      NODE_EXTRA_CA_CERTS: stores.authority.file,
      KONSTRUCT_REDIS_URL: stores.redisUrl,
      KONSTRUCT_KAFKA_BROKERS: stores.brokers,
      KONSTRUCT_KAFKA_TLS: 'true',
      KONSTRUCT_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KONSTRUCT_KAFKA_USERNAME: user,
      KONSTRUCT_KAFKA_PASSWORD: password,
    }
    await run(process.execPath, [join(root, 'migrations/main.ts')], {
      env: { ...settings, KONSTRUCT_OWNER_DATABASE_URL: stores.urls.owner.reveal() },
    })
    const open = (url = stores.urls.app) => new Database({ url, poolSize: 1, application: 'test' })
    const { adminUrl, urls } = stores
    const store = { adminUrl, urls, app: open(), operator: open(), close: () => Promise.resolve() }
    platform = await Platform.start({ operator: true, store, brokers: [stores.brokers], settings })
  })
  after(async () => {
    await platform.end()
    tunnel?.close()
    await stores.end()
    rmSync(folder, { recursive: true })
  })

  /** HTTPS in front of a model that speaks HTTP. */
  const behindTls = async (baseURL: string): Promise<string> => {
    const { cert, key } = stores.authority.issue('model', 'DNS:localhost')
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (near) => {
      const far = connect(Number(new URL(baseURL).port), '127.0.0.1')
      near.pipe(far).pipe(near)
      for (const socket of [near, far]) socket.on('error', () => socket.destroy())
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
    })
    tunnel = server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return `https://localhost:${(server.address() as AddressInfo).port}/v1`
  }

  it('I2 I5: a message is answered, and no password is in any log', async () => {
    const model = await platform.model()
    const baseURL = await behindTls(model.baseURL)
    const resources = [
      aTenant('acme', { spec: { models: [aModel('default', { baseURL })] } }),
      anAgent('support', 'acme'),
    ]
    writeFileSync(join(platform.manifests, 'acme.yaml'), manifestsOf(...resources))
    await platform.knows('acme')
    const visitor = await platform.person('acme')
    const said = visitor.say('Hello')
    await visitor.reading(said)
    const reply = await visitor.answered(said)
    assert.equal(reply.text, model.calls[0]?.answer)
    assert.ok(!platform.logs.includes(password))
  })

  /** A process that is not waited for until it is ready; `ask` gives what /readyz says. */
  const start = async (main: string, more: Readonly<Record<string, string>>) => {
    const [port, adminPort] = [await freePort(), await freePort()]
    const logFile = join(folder, `${adminPort}.log`)
    const program = await startLeashed({
      name: main,
      command: process.execPath,
      args: [join(root, main)],
      env: {
        ...settings,
        KONSTRUCT_DATABASE_URL: stores.urls.app.reveal(),
        KONSTRUCT_TOPIC_PREFIX: platform.prefix,
        KONSTRUCT_SECRET_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
        KONSTRUCT_VISITOR_KEY: 'only-for-tests-only-for-tests-32',
        KONSTRUCT_HOST: '127.0.0.1',
        KONSTRUCT_PORT: String(port),
        KONSTRUCT_ADMIN_HOST: '127.0.0.1',
        KONSTRUCT_ADMIN_PORT: String(adminPort),
        ...more,
      },
      logFile,
    })
    const ask = (): Promise<string> =>
      fetch(`http://127.0.0.1:${adminPort}/readyz`).then((response) => response.text())
    const refusals = (): readonly string[] =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes('store refuses this process'))
        .map((line) => JSON.parse(line) as { resource: string; reason: string })
        .map(({ resource, reason }) => `${resource}: ${reason}`)
        .toSorted()
    return { ask, refusals, log: () => readFileSync(logFile, 'utf8'), stop: () => program.stop() }
  }

  it('a gateway with a wrong password for Kafka is not ready, and says so once and without it', async () => {
    const gateway = await start('services/gateway/main.ts', { KONSTRUCT_KAFKA_PASSWORD: 'quite-wrong' })
    const body = await waitUntil({ until: 'all but Kafka is ready', deadlineMs: 30_000 }, async () => {
      const text = await gateway.ask()
      return text.includes('[+]open ok') && text.includes('[-]kafka-access failed') ? text : undefined
    })
    assert.match(body, /\[\+\]postgres-access ok\n\[\+\]redis-access ok/)
    assert.deepEqual(gateway.refusals(), ['kafka: It does not take the user name or the password.'])
    assert.ok(!gateway.log().includes('quite-wrong'))
    await gateway.stop()
  })

  it('a process that trusts another authority is let in nowhere, and names each store', async () => {
    const other = makeAuthority(folder, 'other').file
    for (const main of ['services/orchestrator/main.ts', 'operator/main.ts']) {
      const service = await start(main, {
        NODE_EXTRA_CA_CERTS: other,
        KONSTRUCT_DATABASE_URL: stores.urls[main.startsWith('operator') ? 'operator' : 'app'].reveal(),
        KONSTRUCT_SOURCE: 'folder',
        KONSTRUCT_MANIFESTS: platform.manifests,
        KONSTRUCT_STATE_DIR: join(folder, 'state'),
      })
      await waitUntil({ until: 'each store is named', deadlineMs: 30_000 }, async () => {
        const text = await service.ask()
        return ['postgres', 'redis', 'kafka'].every((name) => text.includes(`[-]${name}-access failed`))
      })
      const untrusted =
        'Its certificate is from an authority that is not trusted here: NODE_EXTRA_CA_CERTS must name a PEM file with that authority.'
      assert.deepEqual(
        service.refusals(),
        ['kafka', 'postgres', 'redis'].map((name) => `${name}: ${untrusted}`),
      )
      assert.ok(!service.log().includes(password))
      await service.stop()
    }
  })

  it('a gateway is ready by itself when Redis takes its password at last', async () => {
    const later = stores.redisUrl.replace(password, 'taken-later')
    const gateway = await start('services/gateway/main.ts', { KONSTRUCT_REDIS_URL: later })
    await waitUntil({ until: 'Redis refuses it', deadlineMs: 30_000 }, async () =>
      (await gateway.ask()).includes('[-]redis-access failed'),
    )
    await stores.addRedisPassword('taken-later')
    await waitUntil({ until: 'it is ready', deadlineMs: 30_000 }, async () =>
      /\[\+\]redis-access ok\n(.*\n)*ok\n/.test(await gateway.ask()),
    )
    assert.ok(!gateway.log().includes('taken-later'))
    await gateway.stop()
  })
})
