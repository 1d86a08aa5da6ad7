import assert from 'node:assert/strict'
import { appendUserMessage } from '../../../../services/shared/store/append-user-message.ts'
import { countRows, forgetTenant, purgeRows } from '../../../../services/shared/store/purge-tenant.ts'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { purgeTenant } from '../../../support/purge-tenant.ts'
import { useTokens } from '../../../support/use-tokens.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'

const unwatched = { mayGoOn: () => {}, deleted: () => {} }

describe('Purging a tenant', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('leaves nothing of it, and the other tenants untouched', async () => {
    const ref = await of.send()
    const { attempt } = await of.claimed(ref)
    await saveReply(store.app, of.aReply(ref, attempt))
    const { tenant: other } = await talkingTenant(store)
    await appendUserMessage(store.app, of.aMessage({ tenant: other }))
    assert.deepEqual(await of.used(), [3, 2])
    assert.equal((await countRows(store.operator, of.tenant)).daily_usage, 1)
    await purgeTenant(store.operator, of.tenant)
    assert.ok(Object.values(await countRows(store.operator, of.tenant)).every((count) => count === 0))
    assert.equal((await countRows(store.operator, other)).messages, 1)
    await purgeTenant(store.operator, other)
  })

  it('takes usage along with the row of its tenant, also for an operator that does not know of usage', async () => {
    await useTokens(store, of.tenant, 10)
    await store.operator.acrossTenants((tx) =>
      tx.query('delete from konstruct.tenants where tenant_id = $1', [of.tenant]),
    )
    assert.equal((await countRows(store.operator, of.tenant)).daily_usage, 0)
  })

  it('refuses whoever comes later, and takes along what slips in beside it', async () => {
    const late = of.aMessage()
    await purgeTenant(store.operator, of.tenant)
    await assert.rejects(appendUserMessage(store.app, late), /foreign key/)
    assert.ok(Object.values(await countRows(store.operator, of.tenant)).every((count) => count === 0))
  })

  it('deletes nothing that another owner of the name has published', async () => {
    await of.send()
    for (const other of [{ namespace: 'elsewhere' }, { uid: 'of-before' }]) {
      const owner = {
        tenant: of.tenant,
        namespace: 'default',
        uid: 'test',
        state: 'deleting',
        ...other,
      } as const
      await purgeRows(store.operator, owner, unwatched)
      assert.equal(await forgetTenant(store.operator, owner), 0)
    }
    const { messages, tenants } = await countRows(store.operator, of.tenant)
    assert.deepEqual([messages, tenants], [1, 1])
  })

  it('keeps the name while anything is left', async () => {
    const owner = { tenant: of.tenant, namespace: 'default', uid: 'test', state: 'deleting' } as const
    await of.send()
    assert.ok((await forgetTenant(store.operator, owner)) > 0)
    assert.equal((await countRows(store.operator, of.tenant)).tenants, 1)
    await purgeRows(store.operator, owner, unwatched)
    assert.equal(await forgetTenant(store.operator, owner), 0)
    assert.equal((await countRows(store.operator, of.tenant)).tenants, 0)
  })

  it('deletes from every table that holds something of a tenant, and counts each', async () => {
    const catalog = await store.operator.acrossTenants((tx) =>
      tx.query<{ name: string }>(
        `select c.relname as name from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
         where c.relnamespace = 'konstruct'::regnamespace and c.relkind in ('r', 'p')`,
      ),
    )
    const tables = catalog.map(({ name }) => name).toSorted()
    const owner = { tenant: of.tenant, namespace: 'default', uid: 'test', state: 'deleting' } as const
    const purged = new Set(['tenants'])
    await purgeRows(store.operator, owner, { ...unwatched, deleted: (table) => purged.add(table) })
    assert.deepEqual([...purged].toSorted(), tables)
    assert.deepEqual(Object.keys(await countRows(store.operator, of.tenant)).toSorted(), tables)
  })
})
