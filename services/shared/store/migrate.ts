// Runs the migrations: numbered SQL files, forward only, each in a transaction of its own. However many start at once,
// one runs and the others wait for it and then find nothing to do. The lock belongs to the session, so that one
// migrator keeps it for the whole set; a transaction-mode pooler would lose it silently, hence the look at pg_locks.
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from 'pg'
import { KonstructError } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import type { Secret } from '../runtime/read-config.ts'
import { connect } from './connect.ts'

export interface Migration {
  readonly name: string
  readonly checksum: string
  readonly sql: string
}

interface MigrateOptions {
  /** Connects as the owner of the schema. */
  readonly url: Secret
  readonly migrations: readonly Migration[]
  readonly appRole: string
  readonly operatorRole: string
  readonly log: Log
}

/** Any number: it only must be the same for every migrator of a database. */
const lockKey = '7312068250714'

const fileName = /^\d{6}-[a-z0-9-]+\.sql$/

/** The SQL files of a folder, in order. */
export const readMigrations = async (folder: string): Promise<readonly Migration[]> => {
  const names = (await readdir(folder)).filter((name) => fileName.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8')
      return { name, checksum: createHash('sha256').update(sql).digest('hex'), sql }
    }),
  )
}

/**
 * Brings the database up to the newest migration, mends isolation and grants, and gives the names it ran.
 * @throws KonstructError `STORE_SCHEMA_OUTDATED` when an applied migration was edited or is newer than this version,
 *   `STORE_UNAVAILABLE` when PostgreSQL is away or does not let us in.
 */
export const migrate = async (options: MigrateOptions): Promise<readonly string[]> => {
  const client = await connect(options.url, 'konstruct-migrate')
  try {
    await takeLock(client)
    const pending = await findPending(client, options.migrations)
    for (const migration of pending) {
      await runOne(client, migration)
      options.log.info('migration applied', { reason: migration.name })
    }
    await client.query('select konstruct.enforce_isolation()')
    await client.query('select konstruct.grant_roles($1, $2)', [options.appRole, options.operatorRole])
    return pending.map((migration) => migration.name)
  } finally {
    await client.end()
  }
}

const takeLock = async (client: Client): Promise<void> => {
  await client.query('select pg_advisory_lock($1)', [lockKey])
  const held = await client.query(
    `select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted`,
  )
  if (held.rowCount === 0)
    throw new KonstructError('STORE_UNAVAILABLE', {
      message:
        'Migrations need a direct connection to PostgreSQL, not one through a transaction-mode pooler.',
    })
}

const findPending = async (client: Client, known: readonly Migration[]): Promise<readonly Migration[]> => {
  await client.query('create schema if not exists konstruct')
  await client.query(
    'create table if not exists konstruct.migrations' +
      ' (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
  )
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from konstruct.migrations',
  )
  const applied = new Map(rows.map((row) => [row.name, row.checksum]))
  refuseForeign(applied, known)
  return known.filter((migration) => !applied.has(migration.name))
}

const refuseForeign = (applied: ReadonlyMap<string, string>, known: readonly Migration[]): void => {
  for (const [name, checksum] of applied) {
    const migration = known.find((candidate) => candidate.name === name)
    if (migration === undefined)
      throw new KonstructError('STORE_SCHEMA_OUTDATED', {
        message: `The database has migration ${name}, which this version does not know. Run a newer version.`,
      })
    if (migration.checksum !== checksum)
      throw new KonstructError('STORE_SCHEMA_OUTDATED', {
        message: `Migration ${name} was changed after it ran. Undo the change and add a new migration.`,
      })
  }
}

const runOne = async (client: Client, migration: Migration): Promise<void> => {
  await client.query('begin')
  try {
    await client.query(migration.sql)
    await client.query('insert into konstruct.migrations (name, checksum) values ($1, $2)', [
      migration.name,
      migration.checksum,
    ])
    await client.query('commit')
  } catch (thrown) {
    await client.query('rollback')
    throw new KonstructError('STORE_SCHEMA_OUTDATED', {
      message: `Migration ${migration.name} failed.`,
      cause: thrown,
    })
  }
}
