import assert from 'node:assert/strict'
import { Client } from 'pg'
import { Database } from '../../../../services/shared/store/database.ts'
import { assertIsolated, inspectIsolation } from '../../../../services/shared/store/inspect-isolation.ts'
import type { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'

describe('The inspection of isolation', () => {
  let store: FreshStore
  beforeEach(async () => {
    store = await freshStore()
  })
  afterEach(() => store.close())

  const as = async (url: Secret, ...statements: readonly string[]): Promise<void> => {
    const client = new Client({ connectionString: url.reveal() })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }

  const repair = () =>
    store.operator.acrossTenants((tx) =>
      tx.query<{ change: string }>('select konstruct.enforce_isolation() as change'),
    )

  it('finds nothing wrong after the migrations, and the repair has nothing to do', async () => {
    await assertIsolated(store.app)
    await assertIsolated(store.operator)
    assert.deepEqual(await repair(), [])
  })

  const drifts: Readonly<Record<string, readonly [statement: string, problem: string]>> = {
    'a dropped policy': [
      'drop policy tenant_isolation on konstruct.messages',
      'messages: the tenant policy is missing',
    ],
    'a policy that lets everything through': [
      'create policy open on konstruct.turns using (true)',
      'turns: policy open does not belong here',
    ],
    'a changed policy': [
      `alter policy tenant_isolation on konstruct.agents using (tenant_id is not null)`,
      'agents: the tenant policy is missing',
    ],
    'row-level security switched off': [
      'alter table konstruct.conversations disable row level security',
      'conversations: row-level security is off',
    ],
    'row-level security no longer forced': [
      'alter table konstruct.sealed_secrets no force row level security',
      'sealed_secrets: row-level security is not forced',
    ],
    'a new table of tenants without a policy': [
      'create table konstruct.notes (tenant_id konstruct.tenant, text text)',
      'notes: row-level security is off',
    ],
  }

  for (const [drift, [statement, problem]] of Object.entries(drifts))
    it(`names ${drift}, refuses to start on it, and is content after the repair`, async () => {
      await as(store.urls.owner, statement)
      assert.ok((await inspectIsolation(store.app)).includes(problem))
      await assert.rejects(assertIsolated(store.app), { code: 'STORE_POLICY_DRIFT' })
      assert.notDeepEqual(await repair(), [])
      await assertIsolated(store.app)
    })

  const refuses = async (url: Secret, reason: RegExp): Promise<void> => {
    const database = new Database({ url, poolSize: 1, application: 'test' })
    await assert.rejects(assertIsolated(database), (error: Error & { code: string }) => {
      assert.equal(error.code, 'STORE_ROLE_UNSAFE')
      return reason.test(error.message)
    })
    await database.close()
  }

  it('refuses a superuser and the owner of the tables', async () => {
    await refuses(store.adminUrl, /is a superuser/)
    await refuses(store.urls.owner, /owns tables/)
  })

  it('refuses a role that bypasses policies or belongs to another role', async () => {
    await as(store.adminUrl, 'create role konstruct_test_group', 'alter role konstruct_app bypassrls')
    try {
      await refuses(store.urls.app, /BYPASSRLS/)
      await as(
        store.adminUrl,
        'alter role konstruct_app nobypassrls',
        'grant konstruct_test_group to konstruct_app',
      )
      await refuses(store.urls.app, /member of another role/)
    } finally {
      await as(
        store.adminUrl,
        'alter role konstruct_app nobypassrls',
        'revoke konstruct_test_group from konstruct_app',
        'drop role konstruct_test_group',
      )
    }
  })
})
