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
  let drop: () => Promise<void>

  beforeEach(async () => {
    migrations = await readMigrations(folder)
    const database = await freshDatabase()
    drop = () => database.drop()
    const adminUrl = new Secret(database.url)
    urls = await createRoles({ adminUrl, database: database.name, password: new Secret('only-for-tests') })
    const admin = new Client({ connectionString: database.url })
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

  it('refuse a database that a newer version has migrated', async () => {
    await run([...migrations, { name: '900000-newer.sql', checksum: 'a', sql: 'select 1' }])
    await assert.rejects(run(migrations), /Run a newer version/)
  })
})
