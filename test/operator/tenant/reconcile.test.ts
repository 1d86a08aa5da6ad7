import assert from 'node:assert/strict'
import type { DesiredAgent } from '../../../operator/source/desired-source.ts'
import { createReconcile } from '../../../operator/tenant/reconcile.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { Secret } from '../../../services/shared/runtime/read-config.ts'
import { Database } from '../../../services/shared/store/database.ts'
import { anAgent } from '../manifests.ts'
import { chat, countLeftovers } from '../scenes.ts'
import { nobody } from '../standalone.ts'
import { anObject } from './an-observation.ts'
import { openStores, publishTestTenant, type Stores, stubbedPorts } from './stubbed-ports.ts'

describe('A key', function () {
  this.timeout(30_000)
  let stores: Stores

  beforeEach(async () => {
    stores = await openStores()
  })
  afterEach(() => stores.close())

  const { signal } = new AbortController()
  const agents: readonly DesiredAgent[] = [anObject<'Agent'>(anAgent('support', 'acme'))]

  it('is done with when there is neither a Tenant nor an Agent nor anything published', async () => {
    const reconcile = createReconcile(stubbedPorts(stores, {}))
    assert.deepEqual(await reconcile('default/acme', signal), { kind: 'done' })
  })

  it('is done with while its namespace is not known, and nothing is asked', async () => {
    const source = { knows: () => false, tenant: () => assert.fail('asked') }
    const reconcile = createReconcile(stubbedPorts(stores, source))
    assert.deepEqual(await reconcile('default/acme', signal), { kind: 'done' })
  })

  it('is looked at again while there are Agents that name its tenant', async () => {
    const source = { agentsOf: () => agents, writeStatus: async () => {}, recordEvent: async () => {} }
    const outcome = await createReconcile(stubbedPorts(stores, source))('default/acme', signal)
    assert.equal(outcome.kind, 'again')
  })

  it('is looked at again while it is not known whether something is published', async () => {
    const url = new Secret(`postgres://nobody@${nobody}/nothing`)
    const database = new Database({ url, poolSize: 1, application: 'test' })
    const outcome = await createReconcile(stubbedPorts(stores, {}, { database }))('default/acme', signal)
    assert.equal(outcome.kind, 'again')
    await database.close()
  })

  it('of a Tenant whose finalizer was taken away in the midst of its deletion deletes what is left', async () => {
    await publishTestTenant(stores.store.operator, 'acme', { state: 'deleting' })
    await chat(stores)
    const logged: string[] = []
    const log = { ...silentLog, info: (message: string) => void logged.push(message) }
    const reconcile = createReconcile(stubbedPorts(stores, {}, { log }))
    assert.deepEqual(await reconcile('default/acme', signal), { kind: 'done' })
    assert.equal(await countLeftovers(stores), 0)
    assert.deepEqual(logged, ['tenant deleted'])
  })
})
