import assert from 'node:assert/strict'
import { Client } from 'pg'
import { Database, type TenantTx } from '../../../../services/shared/store/database.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { addTenant } from '../../../support/talking-tenant.ts'

describe('The door to PostgreSQL', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
    for (const tenant of ['acme', 'globex']) {
      await addTenant(store, tenant)
      await store.app.withTenant(tenant, (tx) => insertConversation(tx, tenant))
    }
  })
  after(() => store.close())

  const insertConversation = (tx: TenantTx, tenant: string) =>
    tx.query(
      `insert into konstruct.conversations (tenant_id, id, channel_type, agent, user_id, owner_name, title)
       values ($1, gen_random_uuid(), 'web', 'support', 'ann', 'support', $2)`,
      [tenant, `of ${tenant}`],
    )

  const titles = (tx: TenantTx) => tx.query<{ title: string }>('select title from konstruct.conversations')

  describe('refuses a query without a tenant', () => {
    const refused = { code: 'STORE_TENANT_MISSING' }

    it('made through a model', async () => {
      await assert.rejects(store.app.models.conversations.findAll(), refused)
      await assert.rejects(store.app.models.messages.count(), refused)
      await assert.rejects(store.app.models.messages.update({ text: 'x' }, { where: {} }), refused)
      await assert.rejects(store.app.models.messages.destroy({ where: {} }), refused)
    })

    it('made through a model inside withTenant that forgets the transaction', async () => {
      await assert.rejects(
        store.app.withTenant('acme', (tx) => tx.models.conversations.findAll()),
        refused,
      )
      await assert.rejects(
        store.app.withTenant('acme', (tx) => tx.models.conversations.findAll({ transaction: null })),
        refused,
      )
    })

    it('made by a promise that outlives its transaction', async () => {
      const late = await store.app.withTenant('acme', (tx) => Promise.resolve({ tx }))
      await assert.rejects(titles(late.tx), /commit has been called on this transaction/)
    })

    it('made with something that is no tenant id', () => {
      for (const tenant of ['', '*', 'acme:evil', `acme' or true`])
        assert.throws(() => store.app.withTenant(tenant, titles), refused)
    })

    it('made across tenants on a tenant table, which PostgreSQL refuses', async () => {
      await assert.rejects(
        store.app.acrossTenants((tx) => tx.query('select * from konstruct.conversations')),
        /no tenant is set/,
      )
    })

    it('made past the door, on a plain connection, even on an empty table', async () => {
      const client = new Client({ connectionString: store.urls.app.reveal() })
      await client.connect()
      for (const table of [
        'conversations',
        'messages',
        'turns',
        'agents',
        'tenant_settings',
        'sealed_secrets',
        'daily_usage',
      ])
        await assert.rejects(client.query(`select from konstruct.${table}`), /no tenant is set/)
      await client.query(`select set_config('konstruct.tenant', '', false)`)
      await assert.rejects(client.query('select from konstruct.messages'), /no tenant is set/)
      await client.end()
    })
  })

  it('shows and changes only the rows of its tenant', async () => {
    assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
    const changed = await store.app.withTenant('acme', (tx) =>
      tx.query(`update konstruct.conversations set title = title where tenant_id = 'globex' returning id`),
    )
    assert.deepEqual(changed, [])
    await assert.rejects(
      store.app.withTenant('acme', (tx) => insertConversation(tx, 'globex')),
      /row-level security/,
    )
  })

  it('keeps a reference from reaching the row of another tenant', async () => {
    const [foreign] = await store.app.withTenant('globex', (tx) =>
      tx.query<{ id: string }>('select id from konstruct.conversations'),
    )
    await assert.rejects(
      store.app.withTenant('acme', (tx) =>
        tx.query(
          `insert into konstruct.turns (tenant_id, id, conversation_id, agent, user_id)
           values ('acme', gen_random_uuid(), $1, 'support', 'ann')`,
          [foreign?.id],
        ),
      ),
      /foreign key/,
    )
  })

  it('leaves no tenant behind on a pooled connection', async () => {
    const single = new Database({ url: store.urls.app, poolSize: 1, application: 'test' })
    await single.withTenant('acme', titles)
    const [row] = await single.acrossTenants((tx) =>
      tx.query<{ tenant: string }>(`select current_setting('konstruct.tenant', true) as tenant`),
    )
    await single.close()
    assert.equal(row?.tenant, '')
  })

  it('has a statement planned once per connection, whoever asks', async () => {
    const single = new Database({ url: store.urls.app, poolSize: 1, application: 'test' })
    for (const tenant of ['acme', 'globex', 'acme']) await single.withTenant(tenant, titles)
    const prepared = await single.acrossTenants((tx) =>
      tx.query(
        `select name from pg_prepared_statements where statement = 'select title from konstruct.conversations'`,
      ),
    )
    await single.close()
    assert.equal(prepared.length, 1)
  })

  it('waits for the disk unless what is committed can be done again', async () => {
    const setting = async (options?: { durable: boolean }) => {
      const [row] = await store.app.withTenant(
        'acme',
        (tx) => tx.query<{ synchronous_commit: string }>('show synchronous_commit'),
        options,
      )
      return row?.synchronous_commit
    }
    assert.equal(await setting({ durable: false }), 'off')
    assert.equal(await setting(), 'on')
  })

  it('runs what is asked for at once in that order, and undoes all of it when one fails', async () => {
    const rename = (tx: TenantTx, title: string) =>
      tx.query(`update konstruct.conversations set title = $1 returning title`, [title])
    const failing = store.app.withTenant('acme', (tx) =>
      Promise.all([rename(tx, 'first'), tx.query('select 1 / 0'), rename(tx, 'second')]),
    )
    await assert.rejects(failing, /division by zero/)
    assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
    const renamed = await store.app.withTenant('acme', (tx) =>
      Promise.all([rename(tx, 'first'), titles(tx), rename(tx, 'of acme')]),
    )
    assert.deepEqual(renamed, [[{ title: 'first' }], [{ title: 'first' }], [{ title: 'of acme' }]])
  })

  it('does not take for committed what PostgreSQL rolled back', async () => {
    const carefree = store.app.withTenant('acme', async (tx) => {
      await tx.query('select 1 / 0').catch(() => {})
      return 'fine'
    })
    await assert.rejects(carefree, /answered commit with ROLLBACK/)
    assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
  })

  describe('with the commit sent along', () => {
    const atOnce = { atOnce: true } as const
    const rename = (tx: TenantTx, title: string) =>
      tx.query<{ title: string }>('update konstruct.conversations set title = $1 returning title', [title])

    it('keeps what was asked for at once, and gives what it found', async () => {
      const found = await store.app.withTenant(
        'acme',
        (tx) => Promise.all([rename(tx, 'first'), rename(tx, 'of acme'), titles(tx)]),
        atOnce,
      )
      assert.deepEqual(found[2], [{ title: 'of acme' }])
      assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
    })

    it('undoes all of it when a statement fails, and tells which way', async () => {
      const failing = store.app.withTenant(
        'acme',
        (tx) => Promise.all([rename(tx, 'first'), tx.query('select 1 / 0'), rename(tx, 'second')]),
        atOnce,
      )
      await assert.rejects(failing, /division by zero/)
      assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
    })

    it('does not take for committed what PostgreSQL rolled back', async () => {
      const carefree = store.app.withTenant(
        'acme',
        (tx) => Promise.all([rename(tx, 'first'), tx.query('select 1 / 0').catch(() => 'fine')]),
        atOnce,
      )
      await assert.rejects(carefree, /answered commit with ROLLBACK/)
      assert.deepEqual(await store.app.withTenant('acme', titles), [{ title: 'of acme' }])
    })

    it('refuses what is asked for after a wait, on whichever way', async () => {
      const late = (ask: (tx: TenantTx) => Promise<unknown>) =>
        store.app.withTenant('acme', (tx) => titles(tx).then(() => ask(tx)), atOnce)
      await assert.rejects(late(titles), /commit has been called on this transaction/)
      await assert.rejects(
        late((tx) => tx.models.conversations.count({ transaction: tx.transaction })),
        { code: 'STORE_TENANT_MISSING' },
      )
    })

    it('leaves the connection as good as new, whatever came of it', async () => {
      const single = new Database({ url: store.urls.app, poolSize: 1, application: 'test' })
      const pid = async () => {
        const [row] = await single.acrossTenants((tx) =>
          tx.query<{ pid: number; tenant: string }>(
            `select pg_backend_pid() as pid, current_setting('konstruct.tenant', true) as tenant`,
          ),
        )
        return row
      }
      const { pid: first } = { ...(await pid()) }
      await single.withTenant('acme', titles, atOnce)
      await assert.rejects(
        single.withTenant('acme', (tx) => tx.query('select 1 / 0'), atOnce),
        /division by zero/,
      )
      await assert.rejects(
        single.withTenant('acme', (tx) => titles(tx).then(titles.bind(null, tx)), atOnce),
        /commit has been called/,
      )
      assert.deepEqual(await pid(), { pid: first, tenant: '' })
      await single.close()
    })
  })

  it('takes any text, even one that PostgreSQL cannot hold', async () => {
    const [row] = await store.app.acrossTenants((tx) =>
      tx.query<{ text: string }>('select $1::text as text', ['a\0b']),
    )
    assert.equal(row?.text, String.raw`a\0b`)
  })

  it('keeps interleaved tenants apart', async () => {
    const runs = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? 'acme' : 'globex'))
    const seen = await Promise.all(runs.map((tenant) => store.app.withTenant(tenant, titles)))
    assert.deepEqual(
      seen,
      runs.map((tenant) => [{ title: `of ${tenant}` }]),
    )
  })

  it('says that PostgreSQL cannot be reached, and names no password', async () => {
    const url = new URL(store.urls.app.reveal())
    url.port = '1'
    const away = new Database({
      url: { reveal: () => url.href } as unknown as FreshStore['adminUrl'],
      poolSize: 1,
      application: 'test',
    })
    const thrown = await away.check().then(
      () => assert.fail('it reached PostgreSQL'),
      (error: unknown) => error as Error & { code: string },
    )
    await away.close()
    assert.equal(thrown.code, 'STORE_UNAVAILABLE')
    assert.ok(!JSON.stringify([thrown.message, String(thrown.cause)]).includes(url.password))
  })
})
