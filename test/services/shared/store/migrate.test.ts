import assert from 'node:assert/strict'
import { Client } from 'pg'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { createRoles, roleNames, type RoleUrls } from '../../../../services/shared/store/create-roles.ts'
import { migrate, type Migration, readMigrations } from '../../../../services/shared/store/migrate.ts'
import { freshDatabase } from '../../../support/fresh-database.ts'

const folder = new URL('../../../../migrations', import.meta.url).pathname

describe('The migrations', () => {
  let migrations: readonly Migration[]
  let urls: RoleUrls
  let adminUrl: string
  let drop: () => Promise<void>

  beforeEach(async () => {
    migrations = await readMigrations(folder)
    const database = await freshDatabase()
    drop = () => database.drop()
    adminUrl = database.url
    const password = new Secret('only-for-tests')
    urls = await createRoles({ adminUrl: new Secret(adminUrl), database: database.name, password })
    const admin = new Client({ connectionString: adminUrl })
    await admin.connect()
    await admin.query(`alter database ${database.name} owner to ${roleNames.owner}`)
    await admin.end()
  })
  afterEach(() => drop())

  const run = (set: readonly Migration[]) =>
    migrate({
      url: urls.owner,
      migrations: set,
      appRole: roleNames.app,
      operatorRole: roleNames.operator,
      log: silentLog,
    })

  it('run once however many start at the same time, and all of them go on', async () => {
    const ran = await Promise.all(Array.from({ length: 8 }, () => run(migrations)))
    const applied = ran.filter((names) => names.length > 0)
    assert.deepEqual(applied, [migrations.map(({ name }) => name)])
  }).timeout(30_000)

  it('leave nothing of one that fails, and go on from there when it is mended', async () => {
    const broken = {
      name: '900000-broken.sql',
      checksum: 'a',
      sql: 'create table konstruct.half (); select 1/0',
    }
    await assert.rejects(run([...migrations, broken]), { message: 'Migration 900000-broken.sql failed.' })
    const mended = { ...broken, checksum: 'b', sql: 'create table konstruct.half ()' }
    assert.deepEqual(await run([...migrations, mended]), ['900000-broken.sql'])
  })

  it('refuse one that was changed after it ran', async () => {
    await run(migrations)
    const [first, ...rest] = migrations
    assert.ok(first)
    await assert.rejects(run([{ ...first, checksum: 'other' }, ...rest]), { code: 'STORE_SCHEMA_OUTDATED' })
  })

  const asAdmin = async (sql: string): Promise<readonly unknown[]> => {
    const client = new Client({ connectionString: adminUrl })
    await client.connect()
    try {
      return (await client.query<object>(sql)).rows
    } finally {
      await client.end()
    }
  }

  it('count what every tenant has used this month before usage was counted', async () => {
    await run(migrations.filter(({ name }) => name < '000006'))
    await asAdmin(`
      insert into konstruct.tenants
        select tenant, 'default', 'test', 'active', 0 from unnest('{acme,globex,idle}'::text[]) tenant;
      insert into konstruct.conversations (tenant_id, id, channel_type, agent, user_id, owner_name, title)
        select tenant_id, gen_random_uuid(), 'web', 'a', 'u', 'a', 't' from konstruct.tenants;
      insert into konstruct.turns
        (tenant_id, id, conversation_id, agent, user_id, state, input_tokens, output_tokens, finished_at)
        select tenant_id, gen_random_uuid(), id, 'a', 'u', 'answered', tokens, 1, finished_at
        from konstruct.conversations, (values
          (10, now()), (20, now()), (4, date_trunc('month', now(), 'utc')),
          (1000, date_trunc('month', now(), 'utc') - interval '1 second'), (7, null)) turn (tokens, finished_at)
        where tenant_id <> 'idle'`)
    await run(migrations)
    const used = await asAdmin(
      `select tenant_id, min(day) = date_trunc('month', now() at time zone 'utc')::date as "fromTheFirst",
         sum(input_tokens)::int as input, sum(output_tokens)::int as output
       from konstruct.daily_usage group by 1 order by 1`,
    )
    const expected = { fromTheFirst: true, input: 34, output: 3 }
    assert.deepEqual(used, [
      { tenant_id: 'acme', ...expected },
      { tenant_id: 'globex', ...expected },
    ])
  })

  it('refuse a database that a newer version has migrated', async () => {
    await run([...migrations, { name: '900000-newer.sql', checksum: 'a', sql: 'select 1' }])
    await assert.rejects(run(migrations), /Run a newer version/)
  })
})
