import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { findBrowser } from '../../../dev/parts/browser.ts'
import { startKafka } from '../../../dev/parts/kafka.ts'
import { startKubeApiserver } from '../../../dev/parts/kube-apiserver.ts'
import type { Part } from '../../../dev/parts/part.ts'
import { startPostgres } from '../../../dev/parts/postgres.ts'
import { startPrometheus } from '../../../dev/parts/prometheus.ts'
import { startRedis } from '../../../dev/parts/redis.ts'
import { browser } from '../../support/browser.ts'
import { freshNamespace, kubectl } from '../../support/kube.ts'
import { kubeApiserver, ownKafka, ownPostgres, ownRedis } from '../../support/parts.ts'

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as unknown[]
  } finally {
    await client.end()
  }
}

/** Runs with some of the environment replaced. */
const withEnvironment = async <Value>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<Value>,
): Promise<Value> => {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  try {
    return await work()
  } finally {
    process.env = before
  }
}

describe('Parts', function () {
  this.timeout(120_000)
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('PostgreSQL keeps what was committed when it is killed and started again', async () => {
    const first = await ownPostgres({ folder })
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS id')
    await first.kill()
    const second = await ownPostgres({ folder })
    assert.deepEqual(await query(second.url, 'SELECT id FROM kept'), [{ id: 1 }])
    assert.deepEqual(
      await query(second.url, `SELECT current_setting('server_version_num')::int >= 140000 AS new`),
      [{ new: true }],
    )
    await second.stop()
  })

  it('PostgreSQL lets nobody in without the password', async () => {
    const postgres = await ownPostgres({ folder })
    const url = new URL(postgres.url)
    url.password = 'guessed'
    await assert.rejects(query(url.href, 'SELECT 1'), /password authentication failed/)
    await postgres.stop()
  })

  it('Redis numbers stream entries itself, so it is at least 7', async () => {
    const redis = await ownRedis()
    const client = new Redis(redis.url)
    assert.equal(await client.xadd('stream', '7-*', 'field', 'value'), '7-0')
    client.disconnect()
    await redis.stop()
  })

  it('Kafka keeps topics when it is killed and started again', async () => {
    const first = await ownKafka({ folder })
    const admin = new Kafka({ brokers: [...first.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 2 }] })
    await admin.disconnect()
    await first.kill()
    const second = await ownKafka({ folder })
    const again = new Kafka({ brokers: [...second.brokers], logLevel: logLevel.NOTHING }).admin()
    await again.connect()
    assert.deepEqual(await again.listTopics(), ['kept'])
    await again.disconnect()
    await second.stop()
  })

  it('kube-apiserver authorizes by RBAC', async () => {
    const namespace = await freshNamespace()
    const stranger = `--as=system:serviceaccount:${namespace}:stranger`
    const may = (...args: string[]): Promise<string> =>
      kubectl('--namespace', namespace, 'auth', 'can-i', ...args).catch(() => 'no')
    assert.match(await may('get', 'secrets'), /yes/)
    assert.match(await may('get', 'secrets', stranger), /no/)
    assert.match(await kubectl('version'), /Server Version: v1\.\d+/)
    assert.ok((await kubeApiserver()).kubeconfig)
  })

  it('the browser shows a page', async () => {
    const context = await (await browser()).newContext()
    const page = await context.newPage()
    await page.setContent('<h1>Hello</h1>')
    assert.equal(await page.textContent('h1'), 'Hello')
    await context.close()
  })

  it('come from where the environment says, before anything is looked for, and are left alone', async () => {
    const variables = {
      KONSTRUCT_PART_POSTGRES_URL: 'postgres://admin@db.example:5432/postgres',
      KONSTRUCT_PART_REDIS_URL: 'redis://redis.example:6379',
      KONSTRUCT_PART_KAFKA_BROKERS: 'one.example:9092,two.example:9092',
      KONSTRUCT_PART_KUBECONFIG: '/home/someone/.kube/config',
      KONSTRUCT_PART_CHROMIUM: '/opt/chromium',
    }
    await withEnvironment(variables, async () => {
      const postgres = await startPostgres()
      const redis = await startRedis()
      const kafka = await startKafka()
      const kube = await startKubeApiserver()
      assert.equal(postgres.url, variables.KONSTRUCT_PART_POSTGRES_URL)
      assert.equal(redis.url, variables.KONSTRUCT_PART_REDIS_URL)
      assert.deepEqual(kafka.brokers, ['one.example:9092', 'two.example:9092'])
      assert.equal(kube.kubeconfig, variables.KONSTRUCT_PART_KUBECONFIG)
      assert.deepEqual(await findBrowser(() => {}), { origin: 'environment', path: '/opt/chromium' })
      for (const part of [postgres, redis, kafka, kube] satisfies Part[]) {
        assert.equal(part.origin, 'environment')
        await part.stop()
        await assert.rejects(part.kill(), /someone else/)
      }
    })
  })

  it('say which one is missing and how to get it', async () => {
    const empty = { PATH: folder, JAVA_HOME: '', KONSTRUCT_CACHE: folder, KONSTRUCT_PART_ORIGIN: 'package' }
    await withEnvironment(empty, async () => {
      const missing = { code: 'PART_UNAVAILABLE' }
      await assert.rejects(startRedis(), { ...missing, message: /^Redis cannot be had: .* Get it with: / })
      await assert.rejects(startPrometheus({ configuration: '' }), {
        ...missing,
        message: /^Prometheus cannot/,
      })
      await assert.rejects(startKafka(), {
        ...missing,
        message: /^Kafka .* Get it with: apt-get install openjdk-17-jre-headless$/,
      })
      await assert.rejects(startKubeApiserver(), { ...missing, message: /^kube-apiserver .* no Go / })
    })
  })

  it('tell the end of their log when they cannot start', async () => {
    writeFileSync(join(folder, 'made'), 'but its data are gone')
    await assert.rejects(ownPostgres({ folder }), {
      code: 'PART_UNAVAILABLE',
      message: /PostgreSQL ended with \d+\. The end of its log \(.*postgres\.log\):[^]*data/,
    })
  })

  it('listen on the address that they are given, and let in who comes from elsewhere', async function () {
    if (process.platform !== 'linux') this.skip()
    const host = '127.0.0.2'
    const [postgres, redis, kafka] = await Promise.all([
      ownPostgres({ host }),
      ownRedis({ host }),
      ownKafka({ host }),
    ])
    assert.deepEqual(await query(postgres.url, 'SELECT 1 AS id'), [{ id: 1 }])
    const client = new Redis(redis.url)
    assert.equal(await client.ping(), 'PONG')
    client.disconnect()
    const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    assert.deepEqual(
      (await admin.describeCluster()).brokers.map((broker) => broker.host),
      [host],
    )
    await admin.disconnect()
    await assert.rejects(query(postgres.url.replace(host, '127.0.0.1'), 'SELECT 1'), /ECONNREFUSED/)
    for (const part of [postgres, redis, kafka]) await part.stop()
  })

  it('say so when their port is taken, and do not take what answers there for themselves', async () => {
    const redis = await ownRedis()
    const port = Number(new URL(redis.url).port)
    await assert.rejects(ownRedis({ port }), {
      code: 'PART_UNAVAILABLE',
      message: new RegExp(`port ${port} of 127.0.0.1 cannot be used \\(EADDRINUSE\\)`),
    })
    await redis.stop()
  })
})
