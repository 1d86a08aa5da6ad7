import assert from 'node:assert/strict'
import { Client } from 'pg'
import { canaryRows, probeIsolation } from '../../../operator/platform/probe-isolation.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'

describe('The canary', () => {
  let store: FreshStore
  beforeEach(async () => {
    store = await freshStore()
  })
  afterEach(() => store.close())

  const asAdmin = async <Row extends object>(...statements: readonly string[]): Promise<Row[]> => {
    const client = new Client({ connectionString: store.adminUrl.reveal() })
    await client.connect()
    try {
      let rows: Row[] = []
      for (const statement of statements) rows = (await client.query<Row>(statement)).rows
      return rows
    } finally {
      await client.end()
    }
  }

  it('finds nothing where isolation holds, again and again, and leaves nothing behind', async () => {
    for (let round = 0; round < 3; round += 1) assert.deepEqual(await probeIsolation(store.operator), [])
    for (const table of Object.keys(canaryRows))
      assert.deepEqual(await asAdmin(`select 1 from konstruct.${table}`), [])
  })

  it('has a row for every table of tenants', async () => {
    const tables = await asAdmin<{ name: string }>(
      `select c.relname as name from pg_class c where c.relrowsecurity and c.relnamespace = 'konstruct'::regnamespace`,
    )
    assert.deepEqual(tables.map(({ name }) => name).toSorted(), Object.keys(canaryRows).toSorted())
  })

  const leaks: Readonly<Record<string, readonly [sql: string, problems: readonly RegExp[]]>> = {
    'a table without row-level security': [
      'alter table konstruct.messages disable row level security',
      [/^messages: .*read/, /^messages: .*changed/, /^messages: .*deleted/, /^messages: .*added/],
    ],
    'a policy that lets everybody read': [
      'create policy stray on konstruct.turns for select using (true)',
      [/^turns: .*read/],
    ],
    'a policy that lets everybody write': [
      'create policy stray on konstruct.agents for insert with check (true)',
      [/^agents: .*added/],
    ],
    'a table that this version does not know, and whose policy was forgotten': [
      `create table konstruct.more (tenant_id text not null, more text not null);
       grant select, insert, update, delete on konstruct.more to konstruct_operator`,
      [/^more: .*added/],
    ],
  }
  for (const [leak, [sql, expected]] of Object.entries(leaks))
    it(`finds ${leak}, and nothing else`, async () => {
      await asAdmin(sql)
      const problems = await probeIsolation(store.operator)
      assert.equal(problems.length, expected.length, problems.join('; '))
      for (const [index, problem] of problems.entries()) assert.match(problem, expected[index] ?? /never/)
    })

  it('takes a right that it lacks for no leak', async () => {
    await asAdmin('revoke select, update, delete on konstruct.messages from konstruct_operator')
    assert.deepEqual(await probeIsolation(store.operator), [])
  })

  it('fails, and calls nothing a leak, when the database cannot answer', async () => {
    await asAdmin('create policy stray on konstruct.agents for select using (1 / 0 = 1)')
    await assert.rejects(probeIsolation(store.operator), /division by zero/)
  })
})
