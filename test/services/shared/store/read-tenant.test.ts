import assert from 'node:assert/strict'
import { Client } from 'pg'
import { publishTenant } from '../../../../services/shared/store/publish-tenant.ts'
import { readTenant } from '../../../../services/shared/store/read-tenant.ts'
import { aTenant } from '../../../support/a-tenant.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { untilLockedOut } from '../../../support/until-locked-out.ts'

describe('Reading a tenant', () => {
  let store: FreshStore
  let admin: Client
  before(async () => {
    store = await freshStore()
    admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
  })
  after(async () => {
    await admin.end()
    await store.close()
  })

  it('gives what was published, to the byte', async () => {
    const publication = aTenant({ secrets: { key: 'sk-1', another: 'sk-2' } })
    await publishTenant(store.operator, publication)
    const published = (await readTenant(store.app, publication.tenant)) ?? assert.fail()
    const { tenant, namespace, uid, state, spec, web } = publication
    const { revision } = published.entry
    assert.deepEqual(published.entry, { tenant, namespace, uid, state, revision })
    const agents = new Map(publication.agents.map((agent) => [agent.name, agent]))
    assert.deepEqual(published.config, { tenant, state, revision, spec, web, agents })
    const byName = publication.secrets.toSorted((one, other) => one.name.localeCompare(other.name))
    assert.deepEqual(published.secrets, byName)
  })

  it('gives nothing of a tenant that is not there, and a channel that is closed as none', async () => {
    assert.equal(await readTenant(store.app, 'nobody'), null)
    const publication = aTenant({ web: null, agents: {} })
    await publishTenant(store.operator, publication)
    const published = await readTenant(store.app, publication.tenant)
    assert.deepEqual([published?.config.web, published?.config.agents.size], [null, 0])
  })

  it('gives all of one publication, also while the next one is written: a new key never goes with an old address', async () => {
    const { tenant, ...publication } = aTenant({ secrets: { key: 'sk-1' } })
    await publishTenant(store.operator, { tenant, ...publication })
    await admin.query('begin')
    await admin.query('lock table konstruct.agents in access exclusive mode')
    const reading = readTenant(store.app, tenant)
    await untilLockedOut(admin, 1)
    await admin.query(
      `update konstruct.tenant_settings set spec = spec || '{"displayName": "new"}' where tenant_id = $1`,
      [tenant],
    )
    await admin.query(`update konstruct.sealed_secrets set key_id = 'new' where tenant_id = $1`, [tenant])
    await admin.query('commit')
    const published = await reading
    assert.equal(
      published?.config.spec.displayName === 'new',
      published?.secrets[0]?.keyId === 'new',
      'of one moment',
    )
  })
})
