import assert from 'node:assert/strict'
import { KonstructError } from '../../../../services/shared/runtime/errors.ts'
import {
  type Publication,
  publishState,
  publishTenant,
} from '../../../../services/shared/store/publish-tenant.ts'
import { readRevisions, readTenant } from '../../../../services/shared/store/read-tenant.ts'
import type { TenantSpec } from '../../../../services/shared/domain/resources/tenant.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'

/** What the store does not look into. */
const spec = { displayName: 'Acme' } as TenantSpec

const aPublication = (more: Partial<Publication> = {}): Publication => ({
  tenant: 'acme',
  namespace: 'here',
  uid: 'first',
  state: 'active',
  spec,
  web: null,
  agents: [],
  secrets: [],
  ...more,
})

describe('Publishing a tenant', () => {
  let store: FreshStore
  beforeEach(async () => {
    store = await freshStore()
  })
  afterEach(() => store.close())

  it('gives a revision that grows, which the services find', async () => {
    const first = await publishTenant(store.operator, aPublication())
    const second = await publishTenant(store.operator, aPublication({ state: 'suspended' }))
    assert.ok(second > first)
    assert.deepEqual((await readRevisions(store.app, first)).changed, [{ tenant: 'acme', revision: second }])
  })

  it('changes a state alone, and nothing of a tenant that was never published', async () => {
    const first = await publishTenant(store.operator, aPublication())
    assert.ok(((await publishState(store.operator, 'acme', 'retained')) ?? 0) > first)
    assert.equal((await readTenant(store.app, 'acme'))?.entry.state, 'retained')
    assert.equal(await publishState(store.operator, 'nobody', 'retained'), null)
  })

  it('never hands a name to another namespace, whatever state it is in', async () => {
    for (const state of ['active', 'suspended', 'deleting', 'retained'] as const) {
      await publishTenant(store.operator, aPublication({ state }))
      await assert.rejects(
        publishTenant(
          store.operator,
          aPublication({ namespace: 'elsewhere', spec: { ...spec, displayName: 'Thief' } }),
        ),
        (thrown) => thrown instanceof KonstructError && thrown.code === 'TENANT_NAME_TAKEN',
      )
      const published = await readTenant(store.app, 'acme')
      assert.deepEqual([published?.entry.namespace, published?.config.spec], ['here', spec])
    }
  })
})
