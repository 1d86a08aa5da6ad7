import assert from 'node:assert/strict'
import { readTenant } from '../../services/shared/store/read-tenant.ts'
import { openSecret } from '../../services/shared/store/seal.ts'
import { freshTopicPrefix, kafka } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { anAgent, aSecret, aTenant, manifestsOf, webForUsers } from './manifests.ts'
import { aReadyTenant, asAdmin, isGone } from './scenes.ts'
import { copySample, keyring, type Standalone, startStandalone } from './standalone.ts'

describe('The operator on a folder of manifests', function () {
  this.timeout(60_000)
  let operator: Standalone

  beforeEach(async () => {
    operator = await startStandalone()
  })
  afterEach(() => operator.close())

  const sharedSecret = async (): Promise<string | undefined> => {
    const published = await readTenant(operator.store.app, 'acme')
    const sealed = published?.secrets.find(({ name }) => name === 'channels/web/jwt')
    return sealed && openSecret(keyring, 'acme', sealed).reveal()
  }

  it('makes both sample tenants and all their agents Ready', async () => {
    copySample(operator, 'acme')
    copySample(operator, 'globex')
    const { tenants } = await waitUntil({ until: 'all are Ready', deadlineMs: 30_000 }, async () => {
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

  it('publishes an edit', async () => {
    await aReadyTenant(operator)
    const edited = anAgent('support', 'acme', { spec: { instructions: 'Rhyme.' } })
    operator.write('acme.yaml', manifestsOf(aTenant('acme'), edited))
    await waitUntil({ until: 'the edit is published', deadlineMs: 30_000 }, async () => {
      const published = await readTenant(operator.store.app, 'acme')
      return published?.config.agents.get('support')?.spec.instructions === 'Rhyme.'
    })
  })

  it('goes on with the last valid version while the newest is refused, and says what to write', async () => {
    await aReadyTenant(operator)
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
    await aReadyTenant(operator, { channels: webForUsers })
    assert.equal(await sharedSecret(), first)
    operator.write('auth.yaml', manifestsOf(aSecret('auth', { secret: second })))
    await waitUntil(
      { until: 'the new one is sealed', deadlineMs: 30_000 },
      async () => (await sharedSecret()) === second,
    )
  })

  it('says so when PostgreSQL is away, and goes on by itself when it is back', async () => {
    const database = new URL(operator.store.adminUrl.reveal()).pathname.slice(1)
    const administer = (sql: string) => asAdmin(operator, sql, 'postgres')
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

  it('calls no tenant Ready while Kafka refuses to make the topics, and says what to do', async () => {
    const { brokers } = await kafka()
    const settings = {
      KONSTRUCT_KAFKA_BROKERS: brokers.join(','),
      KONSTRUCT_TOPIC_PREFIX: freshTopicPrefix(),
      KONSTRUCT_TOPIC_PARTITIONS: '2',
    }
    await aReadyTenant(operator)
    await operator.restart({ ...settings, KONSTRUCT_TOPIC_REPLICATION: '3' })
    const ready = await operator.condition('acme', 'Ready', 'False')
    assert.equal(ready.reason, 'TopicsMissing')
    assert.match(ready.message, /konstruct\.turns \(Replication.*no more replicas than it has brokers/)
    await operator.restart(settings)
    await operator.condition('acme', 'Ready', 'True')
  })

  it('stays Ready over a restart, and changes nothing', async () => {
    await aReadyTenant(operator)
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
    await aReadyTenant(operator)
    const metrics = await operator.metrics()
    assert.match(
      metrics,
      /^controller_runtime_reconcile_total\{controller="tenant",result="requeue_after"\} [1-9]/m,
    )
    assert.match(
      metrics,
      /^konstruct_tenant_condition\{tenant_namespace="default",tenant="acme",condition="Ready"\} 1$/m,
    )
    assert.match(metrics, /^leader_election_master_status\{name="konstruct-operator"\} 1$/m)
    operator.remove('acme.yaml')
    await isGone(operator)
    await waitUntil(
      { until: 'the series are gone' },
      async () => !(await operator.metrics()).includes('tenant="acme"'),
    )
  })
})
