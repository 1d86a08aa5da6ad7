import assert from 'node:assert/strict'
import { findLimits, knownTurnLimit } from '../../../services/orchestrator/find-limits.ts'
import { TenantDirectory } from '../../../services/shared/intake/tenant-directory.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { aTenant, freshTenantName, testKeyring } from '../../support/a-tenant.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('The limits of a tenant', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  const unknown = { get: () => undefined }

  it('are looked up when this process has not heard of it yet', async () => {
    const budget = { tokens: 1_000, period: 'Day' } as const
    const publication = aTenant({ limits: { maxConcurrentTurns: 3, budget } })
    await publishTenant(store.operator, publication)
    assert.deepEqual(await findLimits({ database: store.app, directory: unknown }, publication.tenant), {
      maxConcurrentTurns: 3,
      budget,
    })
  })

  it('that start and count its turns are the published ones, also while it is suspended; one of a stranger', async () => {
    const publication = aTenant({ state: 'suspended', limits: { maxConcurrentTurns: 3 } })
    await publishTenant(store.operator, publication)
    const directory = new TenantDirectory({ database: store.app, keyring: testKeyring, log: silentLog })
    directory.start()
    await waitUntil({ until: 'the directory knows its tenants' }, () => directory.synced)
    assert.equal(knownTurnLimit({ directory }, publication.tenant), 3)
    assert.equal(knownTurnLimit({ directory }, freshTenantName()), 1)
    await directory.close()
  })

  it('are those of nobody when there is no such tenant', async () => {
    assert.deepEqual(await findLimits({ database: store.app, directory: unknown }, freshTenantName()), {
      maxConcurrentTurns: 1,
      budget: null,
    })
  })
})
