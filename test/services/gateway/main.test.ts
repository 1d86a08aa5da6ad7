import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { freePort } from '../../../dev/parts/free-port.ts'
import { freshStore, type FreshStore } from '../../support/fresh-store.ts'
import { waitUntil } from '../../support/wait-until.ts'

const settings = {
  KONSTRUCT_HOST: '127.0.0.1',
  KONSTRUCT_DATABASE_URL: 'postgres://nobody:only-for-tests@127.0.0.1:1/none',
  KONSTRUCT_REDIS_URL: 'redis://127.0.0.1:1',
  KONSTRUCT_KAFKA_BROKERS: '127.0.0.1:1',
  KONSTRUCT_SECRET_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  KONSTRUCT_VISITOR_KEY: 'only-for-tests-only-for-tests-32',
}

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exited: Promise<number | null>
}

const run = (environment: Readonly<Record<string, string>>): Run => {
  const child = spawn(process.execPath, ['services/gateway/main.ts'], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return {
    child,
    output: () => Buffer.concat(chunks).toString('utf8'),
    exited: once(child, 'exit').then(([code]) => code as number | null),
  }
}

const ports = async (): Promise<Record<string, string>> => ({
  KONSTRUCT_PORT: String(await freePort()),
  KONSTRUCT_ADMIN_PORT: String(await freePort()),
})

describe('The gateway as a process', () => {
  let store: FreshStore

  before(async () => {
    store = await freshStore()
  })

  after(() => store.close())

  it('exits with 78 and names every setting that is missing or wrong, at once, and no secret', async () => {
    const visitorKey = 'short-secret'
    const { output, exited } = run({ KONSTRUCT_PORT: 'eighty', KONSTRUCT_VISITOR_KEY: visitorKey })
    assert.equal(await exited, 78)
    for (const name of ['PORT', 'DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS', 'SECRET_KEYS', 'VISITOR_KEY'])
      assert.match(output(), new RegExp(`KONSTRUCT_${name} `))
    assert.ok(!output().includes(visitorKey))
  }).timeout(60_000)

  it('exits with 78 and a clear word when its port is taken', async () => {
    const squatter = createServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    const { port } = squatter.address() as AddressInfo
    const { output, exited } = run({ ...settings, ...(await ports()), KONSTRUCT_PORT: String(port) })
    assert.equal(await exited, 78)
    assert.match(output(), new RegExp(`Port ${port} of 127\\.0\\.0\\.1 cannot be used .*KONSTRUCT_PORT`))
    squatter.close()
  }).timeout(60_000)

  it('exits with 78 as a role that could get around the isolation', async () => {
    const url = store.adminUrl.reveal()
    const { output, exited } = run({ ...settings, ...(await ports()), KONSTRUCT_DATABASE_URL: url })
    assert.equal(await exited, 78)
    assert.match(output(), /STORE_ROLE_UNSAFE/)
  }).timeout(60_000)

  it('ends with 0 when it is asked to while it still waits for PostgreSQL', async () => {
    const { child, output, exited } = run({ ...settings, ...(await ports()) })
    await waitUntil({ until: 'it waits', deadlineMs: 45_000 }, () =>
      output().includes('waiting for postgresql'),
    )
    child.kill('SIGTERM')
    assert.equal(await exited, 0)
    assert.ok(!output().includes('only-for-tests'))
  }).timeout(60_000)

  it('serves metrics of its own and of Node, and ends with 0', async () => {
    const given = await ports()
    const { child, exited } = run({
      ...settings,
      ...given,
      KONSTRUCT_DATABASE_URL: store.urls.app.reveal(),
    })
    const admin = `http://127.0.0.1:${given['KONSTRUCT_ADMIN_PORT']}`
    await waitUntil(
      { until: 'it is ready', deadlineMs: 45_000 },
      async () => (await fetch(`${admin}/readyz`)).ok,
    )
    const metrics = await (await fetch(`${admin}/metrics`)).text()
    assert.match(metrics, /konstruct_gateway_accept_seconds/)
    assert.match(metrics, /process_cpu_seconds_total/)
    child.kill('SIGTERM')
    assert.equal(await exited, 0)
  }).timeout(60_000)
})
