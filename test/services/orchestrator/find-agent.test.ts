import assert from 'node:assert/strict'
import { findAgent } from '../../../services/orchestrator/find-agent.ts'
import { TenantDirectory } from '../../../services/shared/intake/tenant-directory.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { aTenant, testKeyring } from '../../support/a-tenant.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { waitUntil } from '../../support/wait-until.ts'

describe('Finding an agent', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  it('takes nothing that is known from before for a tenant that was created again under the same name', async () => {
    const before = aTenant({ secrets: { key: 'of before' } })
    await publishTenant(store.operator, before)
    const directory = new TenantDirectory({ database: store.app, keyring: testKeyring, log: silentLog })
    directory.start()
    await waitUntil({ until: 'the tenant is known' }, () => directory.synced)
    // As long as a process that is frozen.
    await directory.close()
    const { tenant } = before
    const now = aTenant({ name: tenant, secrets: { key: 'of now' } })
    await publishTenant(store.operator, now)
    const ports = { database: store.app, directory, keyring: testKeyring }
    const keyOf = async ({ uid }: { readonly uid: string }) =>
      (await findAgent(ports, { tenant, uid, agent: 'support' })).secret('key')?.reveal()
    assert.equal(await keyOf(now), 'of now')
    assert.equal(await keyOf(before), 'of before', 'what is known is enough')
  })
})
