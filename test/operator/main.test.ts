// The operator as the process that a Deployment or a laptop starts.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitUntil } from '../support/wait-until.ts'
import { nobody, secretKeys } from './standalone.ts'

const main = new URL('../../operator/main.ts', import.meta.url).pathname

const start = (environment: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...environment } })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return { child, exited, output: () => output }
}

describe('The process of the operator', function () {
  this.timeout(20_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-operator-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('names everything that is wrong with its settings at once, and exits with 78', async () => {
    const { exited, output } = start({ KONSTRUCT_SOURCE: 'somewhere', KONSTRUCT_ADMIN_PORT: 'x' })
    assert.equal(await exited, 78)
    for (const name of ['SOURCE', 'ADMIN_PORT', 'DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS', 'SECRET_KEYS'])
      assert.match(output(), new RegExp(`KONSTRUCT_${name} must`))
  })

  it('says which settings a folder needs', async () => {
    const { exited, output } = start({
      KONSTRUCT_SOURCE: 'folder',
      KONSTRUCT_DATABASE_URL: `postgres://user:hidden-password@${nobody}/db`,
      KONSTRUCT_REDIS_URL: `redis://${nobody}`,
      KONSTRUCT_KAFKA_BROKERS: nobody,
      KONSTRUCT_SECRET_KEYS: secretKeys,
    })
    assert.equal(await exited, 78)
    assert.match(output(), /Set KONSTRUCT_MANIFESTS and KONSTRUCT_STATE_DIR/)
  })

  it('lives while every store is away, says so, and ends in order with SIGTERM', async () => {
    const { child, exited, output } = start({
      KONSTRUCT_SOURCE: 'folder',
      KONSTRUCT_MANIFESTS: new URL('../../crds/samples', import.meta.url).pathname,
      KONSTRUCT_STATE_DIR: join(folder, 'state'),
      KONSTRUCT_DATABASE_URL: `postgres://user:hidden-password@${nobody}/db`,
      KONSTRUCT_REDIS_URL: `redis://${nobody}`,
      KONSTRUCT_KAFKA_BROKERS: nobody,
      KONSTRUCT_SECRET_KEYS: secretKeys,
      KONSTRUCT_ADMIN_PORT: '0',
    })
    await waitUntil({ until: 'it has tried', deadlineMs: 10_000 }, () =>
      output().includes('isolation not verified'),
    )
    child.kill('SIGTERM')
    assert.equal(await exited, 0)
    assert.ok(!output().includes('hidden-password'))
    assert.ok(!output().includes('globex-demo-signing-secret'))
  })
})
