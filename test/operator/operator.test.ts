import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { sessionKey } from '../../services/shared/redis/keys.ts'
import { countKeys } from '../../services/shared/redis/purge-keys.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { appendUserMessage } from '../../services/shared/store/append-user-message.ts'
import { countRows } from '../../services/shared/store/purge-tenant.ts'
import { publishTenant } from '../../services/shared/store/publish-tenant.ts'
import { readTenant } from '../../services/shared/store/read-tenant.ts'
import { openSecret } from '../../services/shared/store/seal.ts'
import { freshTopicPrefix, kafka } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { anAgent, aSecret, aTenant, manifestsOf, webForUsers } from './manifests.ts'
import { copySample, keyring, nobody, type Standalone, startStandalone } from './standalone.ts'

describe('The operator on a folder of manifests', function () {
  this.timeout(30_000)
  let operator: Standalone

  beforeEach(async () => {
    operator = await startStandalone()
  })
  afterEach(() => operator.close())

  const aReadyTenant = async (spec: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    operator.write('keep.yaml', '')
    operator.write('acme.yaml', manifestsOf(aTenant('acme', { spec }), anAgent('support', 'acme')))
    await operator.condition('acme', 'Ready', 'True')
  }

  const chat = async (): Promise<void> => {
    await appendUserMessage(operator.store.app, {
      tenant: 'acme',
      channel: 'web',
      conversation: randomUUID(),
      clientMessageId: randomUUID(),
      user: 'someone',
      agent: 'support',
      text: 'hello',
      maxWaitingTurns: 100,
    })
    await operator.redis.set(sessionKey('acme', 'thread'), 'writing', 600)
  }

  const leftovers = async (): Promise<number> => {
    const rows = Object.values(await countRows(operator.store.operator, 'acme'))
    return rows.reduce((sum, count) => sum + count, 0) + (await countKeys(operator.redis, 'acme'))
  }

  const gone = () =>
    waitUntil(
      { until: 'the tenant is gone', deadlineMs: 15_000 },
      async () => !(await operator.tenant('acme')),
    )

  const asAdmin = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: operator.store.adminUrl.reveal() })
    await client.connect()
    await client.query(sql)
    await client.end()
  }

  const sharedSecret = async (): Promise<string | undefined> => {
    const published = await readTenant(operator.store.app, 'acme')
    const sealed = published?.secrets.find(({ name }) => name === 'channels/web/jwt')
    return sealed && openSecret(keyring, 'acme', sealed).reveal()
  }

  it('makes both sample tenants and all their agents Ready within 5 s', async () => {
    copySample(operator, 'acme')
    copySample(operator, 'globex')
    const { tenants } = await waitUntil({ until: 'all are Ready' }, async () => {
      const report = await operator.status()
      const all = report.tenants.flatMap((tenant) => [tenant, ...tenant.agents])
      return all.length === 6 && all.every(({ ready }) => ready === 'True') ? report : undefined
    })
    assert.deepEqual(
      tenants.map(({ name }) => name),
      ['acme', 'globex'],
    )
    const acme = await operator.condition('acme', 'SecretsResolved', 'True')
    assert.equal(acme.reason, 'OptionalSecretMissing')
    assert.equal((await operator.condition('globex', 'SecretsResolved', 'True')).reason, 'Resolved')
  })

  it('publishes an edit within 2 s', async () => {
    await aReadyTenant()
    const edited = anAgent('support', 'acme', { spec: { instructions: 'Rhyme.' } })
    operator.write('acme.yaml', manifestsOf(aTenant('acme'), edited))
    await waitUntil({ until: 'the edit is published', deadlineMs: 2_000 }, async () => {
      const published = await readTenant(operator.store.app, 'acme')
      return published?.config.agents.get('support')?.spec.instructions === 'Rhyme.'
    })
  })

  it('goes on with the last valid version while the newest is refused, and says what to write', async () => {
    await aReadyTenant()
    operator.write(
      'acme.yaml',
      manifestsOf(aTenant('acme', { spec: { models: [] } }), anAgent('support', 'acme')),
    )
    const ready = await operator.condition('acme', 'Ready', 'False')
    assert.equal(ready.reason, 'Invalid')
    assert.match(ready.message, /name at least one model.*the last valid version is served/)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.config.spec.models.length, 1)
    assert.match(JSON.stringify((await operator.status()).problems), /name at least one model/)
  })

  it('seals a Secret, and seals it again when it has changed', async () => {
    const [first, second] = ['1'.repeat(32), '2'.repeat(32)]
    operator.write('auth.yaml', manifestsOf(aSecret('auth', { secret: first })))
    await aReadyTenant({ channels: webForUsers })
    assert.equal(await sharedSecret(), first)
    operator.write('auth.yaml', manifestsOf(aSecret('auth', { secret: second })))
    await waitUntil(
      { until: 'the new one is sealed', deadlineMs: 2_000 },
      async () => (await sharedSecret()) === second,
    )
  })

  it('deletes every row and every key with deletionPolicy Delete', async () => {
    await aReadyTenant({ deletionPolicy: 'Delete' })
    await chat()
    operator.remove('acme.yaml')
    await gone()
    assert.equal(await leftovers(), 0)
  })

  it('goes on deleting after a restart, and keeps the tenant while a store is away', async () => {
    await aReadyTenant({ deletionPolicy: 'Delete' })
    await chat()
    await operator.restart({ KONSTRUCT_REDIS_URL: `redis://${nobody}` })
    operator.remove('acme.yaml')
    assert.equal((await operator.condition('acme', 'Deleted', 'Unknown')).reason, 'RedisUnavailable')
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    await operator.restart()
    await gone()
    assert.equal(await leftovers(), 0)
  })

  it('retains data by default, and gives it back to a tenant of the same name', async () => {
    await aReadyTenant()
    await chat()
    operator.remove('acme.yaml')
    await gone()
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'retained')
    await aReadyTenant()
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'active')
  })

  it('stops the chat of a tenant that has no resource any longer, and keeps its data', async () => {
    await aReadyTenant()
    const { config } = (await readTenant(operator.store.app, 'acme')) ?? assert.fail('not published')
    await publishTenant(operator.store.operator, {
      tenant: 'ghost',
      namespace: 'default',
      uid: 'forgotten',
      state: 'active',
      spec: config.spec,
      web: config.web,
      agents: [],
      secrets: [],
    })
    await operator.restart()
    await waitUntil({ until: 'it is retained' }, async () => {
      const ghost = await readTenant(operator.store.app, 'ghost')
      return ghost?.entry.state === 'retained'
    })
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'active')
  })

  it('repairs a policy that was dropped, and IsolationVerified tells', async () => {
    await operator.restart({ KONSTRUCT_ISOLATION_SECONDS: '1' })
    await aReadyTenant()
    await asAdmin('drop policy tenant_isolation on konstruct.messages')
    await waitUntil({ until: 'it is told' }, async () => {
      const { message } = await operator.condition('acme', 'IsolationVerified', 'True')
      return /It was repaired: messages: policy created/.test(message)
    })
    assert.match(await operator.metrics(), /^konstruct_drift_corrected_total\{system="postgres"\} 1$/m)
  })

  it('says that isolation is broken when the database lets a tenant through, whatever the catalog says', async () => {
    await operator.restart({ KONSTRUCT_ISOLATION_SECONDS: '1' })
    await aReadyTenant()
    await asAdmin('alter role konstruct_operator bypassrls')
    try {
      const { reason, message } = await operator.condition('acme', 'IsolationVerified', 'False')
      assert.equal(reason, 'Broken')
      assert.match(message, /messages: rows of another tenant can be read/)
      assert.match(await operator.metrics(), /^konstruct_isolation_verified 0$/m)
    } finally {
      await asAdmin('alter role konstruct_operator nobypassrls')
    }
    await operator.condition('acme', 'Ready', 'True')
  })

  it('says so when PostgreSQL is away, and goes on by itself when it is back', async () => {
    const database = new URL(operator.store.adminUrl.reveal()).pathname.slice(1)
    const elsewhere = new URL(operator.store.adminUrl.reveal())
    elsewhere.pathname = '/postgres'
    const administer = async (sql: string): Promise<void> => {
      const client = new Client({ connectionString: new Secret(elsewhere.href).reveal() })
      await client.connect()
      await client.query(sql)
      await client.end()
    }
    await administer(`alter database ${database} allow_connections false`)
    await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`)
    operator.write('acme.yaml', manifestsOf(aTenant('acme'), anAgent('support', 'acme')))
    const { reason } = await operator.condition('acme', 'Published', 'Unknown')
    assert.equal(reason, 'PostgresUnavailable')
    await administer(`alter database ${database} allow_connections true`)
    await operator.condition('acme', 'Ready', 'True')
  })

  it('creates the topics of Kafka as soon as it is there', async function () {
    this.timeout(120_000)
    assert.match(await operator.metrics(), /^konstruct_topics_ready 0$/m)
    const { brokers } = await kafka()
    const prefix = freshTopicPrefix()
    await operator.restart({
      KONSTRUCT_KAFKA_BROKERS: brokers.join(','),
      KONSTRUCT_TOPIC_PREFIX: prefix,
      KONSTRUCT_TOPIC_PARTITIONS: '2',
    })
    await waitUntil({ until: 'the topics are there', deadlineMs: 20_000 }, async () =>
      /^konstruct_topics_ready 1$/m.test(await operator.metrics()),
    )
    assert.match(await operator.metrics(), /^konstruct_topic_changes_total\{change="created"\} 3$/m)
  })

  it('stays Ready over a restart, and changes nothing', async () => {
    await aReadyTenant()
    const before = await readTenant(operator.store.app, 'acme')
    const { conditions } = (await operator.tenant('acme')) ?? assert.fail('no tenant')
    await operator.restart()
    const seen = new Set<string>()
    await waitUntil({ until: 'it was looked at' }, async () => {
      seen.add((await operator.tenant('acme'))?.ready ?? 'gone')
      return /reconcile_total\{controller="tenant",result="requeue_after"\} [1-9]/.test(
        await operator.metrics(),
      )
    })
    assert.deepEqual([...seen], ['True'])
    assert.deepEqual((await operator.tenant('acme'))?.conditions, conditions)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.revision, before?.entry.revision)
  })

  it('counts what it does under the names of controller-runtime, and shows each condition', async () => {
    await aReadyTenant()
    const metrics = await operator.metrics()
    assert.match(
      metrics,
      /^controller_runtime_reconcile_total\{controller="tenant",result="requeue_after"\} [1-9]/m,
    )
    assert.match(
      metrics,
      /^konstruct_tenant_condition\{namespace="default",tenant="acme",condition="Ready"\} 1$/m,
    )
    assert.match(metrics, /^leader_election_master_status\{name="konstruct-operator"\} 1$/m)
    operator.remove('acme.yaml')
    await gone()
    await waitUntil(
      { until: 'the series are gone' },
      async () => !(await operator.metrics()).includes('tenant="acme"'),
    )
  })
})
