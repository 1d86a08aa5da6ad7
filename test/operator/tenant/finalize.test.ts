import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import type { DesiredSource } from '../../../operator/source/desired-source.ts'
import { finalize } from '../../../operator/tenant/finalize.ts'
import { createTenantMetrics } from '../../../operator/tenant/tenant-metrics.ts'
import type { TenantPorts } from '../../../operator/tenant/tenant-ports.ts'
import type { TenantStatus } from '../../../services/shared/domain/resources/tenant.ts'
import type { RedisConnection } from '../../../services/shared/redis/redis-connection.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { type Facts, silentLog } from '../../../services/shared/runtime/log.ts'
import { countRows } from '../../../services/shared/store/purge-tenant.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { readTenant } from '../../../services/shared/store/read-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { aReadyTenant, chat, countLeftovers, isGone } from '../scenes.ts'
import { nobody, type Standalone, startStandalone } from '../standalone.ts'
import { aCheckedTenant, anObservation } from './an-observation.ts'
import { openStores, publishTestTenant, type Stores, stubbedPorts } from './stubbed-ports.ts'

describe('A tenant that goes', function () {
  this.timeout(30_000)
  let operator: Standalone

  beforeEach(async () => {
    operator = await startStandalone()
  })
  afterEach(() => operator.close())

  it('deletes every row and every key with deletionPolicy Delete, also what is written while gateways follow', async () => {
    await aReadyTenant(operator, { deletionPolicy: 'Delete' })
    await chat(operator)
    operator.remove('acme.yaml')
    const { message, lastTransitionTime } = await operator.condition('acme', 'Deleted', 'False')
    assert.match(message, /No message is admitted any more/)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'deleting')
    // The purge comes 1.5 s later: time for what was begun to be written.
    const followUntil = Date.parse(lastTransitionTime) + 1_500
    do await chat(operator)
    while (Date.now() < followUntil)
    await isGone(operator)
    assert.equal(await countLeftovers(operator), 0)
  })

  it('goes on deleting after a restart, and keeps the tenant while a store is away', async () => {
    await aReadyTenant(operator, { deletionPolicy: 'Delete' })
    await chat(operator)
    await operator.restart({ KONSTRUCT_REDIS_URL: `redis://${nobody}` })
    operator.remove('acme.yaml')
    assert.equal((await operator.condition('acme', 'Deleted', 'Unknown')).reason, 'RedisUnavailable')
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    await operator.restart()
    await isGone(operator)
    assert.equal(await countLeftovers(operator), 0)
  })

  it('retains data by default, and gives it back to a tenant of the same name', async () => {
    await aReadyTenant(operator)
    await chat(operator)
    operator.remove('acme.yaml')
    await isGone(operator)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'retained')
    await aReadyTenant(operator)
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'active')
  })

  it('stops the chat of a tenant that has no resource any longer, and keeps its data', async () => {
    await aReadyTenant(operator)
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
})

describe('The way out of a tenant with deletionPolicy Delete', function () {
  this.timeout(30_000)
  let stores: Stores
  let ports: TenantPorts
  let registry: Registry
  /** What became known outside. */
  let told: { statuses: TenantStatus[]; events: string[]; logged: (readonly [string, Facts | undefined])[] }
  let removals: (() => void)[]

  beforeEach(async () => {
    stores = await openStores()
    told = { statuses: [], events: [], logged: [] }
    removals = []
    registry = new Registry()
    const source: Partial<DesiredSource> = {
      removeFinalizer: async () => removals.shift()?.(),
      writeStatus: async (_, status) => void told.statuses.push(status),
      recordEvent: async (_, { reason }) => void told.events.push(reason),
    }
    ports = stubbedPorts(stores, source, {
      metrics: createTenantMetrics(registry),
      log: { ...silentLog, info: (message, facts) => void told.logged.push([message, facts]) },
    })
    await publishTestTenant(stores.store.operator, 'acme', { state: 'deleting' })
    await chat(stores)
  })
  afterEach(() => stores.close())

  const aStatus = (type: string, status: 'True' | 'False'): TenantStatus => ({
    conditions: [{ type, status, lastTransitionTime: '2029-12-31T00:00:00Z', reason: 'X', message: 'x' }],
  })
  /** Admission was stopped long ago. */
  const stopped = aStatus('Deleted', 'False')

  const leave = (
    spec: Readonly<Record<string, unknown>> = {},
    signal: AbortSignal = new AbortController().signal,
  ) => {
    const more = { deletedAt: '2029-12-31T00:00:00Z', status: stopped }
    const tenant = aCheckedTenant({ deletionPolicy: 'Delete', ...spec }, more)
    return finalize(ports, anObservation({ tenant }), signal)
  }

  const leftovers = () => countLeftovers(stores)

  it('goes on in another run when its time is over, and says nothing of a failure', async () => {
    const outcome = await leave({}, AbortSignal.abort(new KonstructError('INTERNAL')))
    assert.equal(outcome.kind, 'again')
    assert.deepEqual(told.statuses, [])
    assert.ok((await leftovers()) > 0)
    assert.deepEqual(await leave(), { kind: 'done' })
    assert.equal(await leftovers(), 0)
  })

  it('logs what was deleted, for a namespace that takes no events any longer', async () => {
    await leave()
    const [, facts] = told.logged.find(([message]) => message === 'tenant deleted') ?? []
    assert.equal(facts?.tenant, 'acme')
    assert.match(facts.reason ?? '', /messages 1, .*Redis keys 1/)
  })

  it('shows in the metrics that the tenant is not Ready any longer while something keeps it', async () => {
    ports.metrics.conditions({ namespace: 'default', name: 'acme' }, aStatus('Ready', 'True'))
    const redis = { scan: () => assert.fail('away') } as Partial<RedisConnection> as RedisConnection
    ports = { ...ports, redis }
    assert.equal((await leave()).kind, 'again')
    const conditionOf = 'konstruct_tenant_condition\\{tenant_namespace="default",tenant="acme",condition'
    const shown = await registry.metrics()
    assert.match(shown, new RegExp(`^${conditionOf}="Ready"\\} 0$`, 'm'))
    assert.match(shown, new RegExp(`^${conditionOf}="Deleted"\\} 0$`, 'm'))
  })

  it('deletes what it was asked to although the rest of the spec is not valid', async () => {
    await leave({ models: [] })
    assert.equal(await leftovers(), 0)
  })

  it('tells once what was deleted, also when the finalizer cannot be removed at once', async () => {
    removals.push(() => {
      throw new KonstructError('KUBE_CONFLICT')
    })
    assert.equal((await leave()).kind, 'again')
    assert.deepEqual(await leave(), { kind: 'done' })
    assert.deepEqual(told.events, ['DataDeleted'])
  })

  it('deletes nothing more once another operator leads', async () => {
    const lost = new KonstructError('LEASE_LOST')
    let asked = 0
    const assertLeading = (): void => {
      asked += 1
      if (asked > 3) throw lost
    }
    ports = { ...ports, assertLeading }
    await assert.rejects(leave(), lost)
    assert.ok((await leftovers()) > 0)
    assert.deepEqual(told.statuses, [])
  })
})
