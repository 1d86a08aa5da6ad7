import assert from 'node:assert/strict'
import { findLimits } from '../../../services/orchestrator/find-limits.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { aTenant, freshTenantName } from '../../support/a-tenant.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'

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

  it('are those of nobody when there is no such tenant', async () => {
    assert.deepEqual(await findLimits({ database: store.app, directory: unknown }, freshTenantName()), {
      maxConcurrentTurns: 1,
      budget: null,
    })
  })
})
