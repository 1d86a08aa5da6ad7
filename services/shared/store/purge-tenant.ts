// Deletes everything of one tenant, and counts what is left. Rows go in bounded steps: one statement over a million
// messages would hold its locks, and its connection, for too long.
//
// The tenant's own row goes last, once nothing else is left: with it the name is free, and what a namesake publishes then
// is not ours. So every step asks for the owner whose data it is to delete.
import { isTenantId } from '../domain/tenant-id.ts'
import type { TenantIndexEntry } from './read-tenant.ts'
import type { Database, TenantTx } from './database.ts'

/** Children before parents. */
const tables = [
  'open_turns',
  'messages',
  'turns',
  'conversations',
  'daily_usage',
  'agents',
  'channel_settings',
  'sealed_secrets',
  'channel_routes',
  'tenant_settings',
] as const

type Table = (typeof tables)[number]
export type RowCounts = Readonly<Record<Table, number>>

/** Which Tenant resource published the data. */
export type TenantOwner = Pick<TenantIndexEntry, 'tenant' | 'namespace' | 'uid' | 'state'>

const batch = 5_000

const countIn = async <Name extends string>(
  tx: TenantTx,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> => {
  const counts: [Name, number][] = []
  for (const table of names) {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from konstruct.${table} where tenant_id = $1`,
      [tx.tenant],
    )
    counts.push([table, row?.count ?? 0])
  }
  return Object.fromEntries(counts) as Record<Name, number>
}

/** Rows per table that belong to the tenant. */
export const countRows = (
  database: Database,
  tenant: string,
): Promise<RowCounts & { readonly tenants: number }> =>
  database.withTenant(tenant, (tx) => countIn(tx, [...tables, 'tenants']))

/** Whose the name is now; undefined when it is free. Unlike what is published, it is there until the purge has ended. */
export const readOwner = async (database: Database, tenant: string): Promise<TenantOwner | undefined> => {
  if (!isTenantId(tenant)) return undefined
  return database.withTenant(tenant, async (tx) => {
    const rows = await tx.query<TenantOwner>(
      'select tenant_id as tenant, namespace, uid, state from konstruct.tenants where tenant_id = $1',
      [tenant],
    )
    return rows[0]
  })
}

export interface PurgeWatch {
  /** Asked before each step; throws when there may be no further one. */
  readonly mayGoOn: () => void
  /** Told of each step that was done. */
  readonly deleted: (table: Table, count: number) => void
}

/** Deletes until nothing is left but the tenant's own row. Safe to repeat after a failure. */
export const purgeRows = async (
  database: Database,
  owner: TenantOwner,
  { mayGoOn, deleted }: PurgeWatch,
): Promise<void> => {
  for (const table of tables) {
    let count: number
    do {
      mayGoOn()
      count = await database.withTenant(owner.tenant, (tx) => deleteBatch(tx, table, owner))
      deleted(table, count)
    } while (count === batch)
  }
}

const isOurs = `tenant_id = $1 and namespace = $2 and uid = $3`

const deleteBatch = async (
  tx: TenantTx,
  table: Table,
  { tenant, namespace, uid }: TenantOwner,
): Promise<number> => {
  const [row] = await tx.query<{ count: number }>(
    `with gone as (
       delete from konstruct.${table} where tenant_id = $1 and ctid = any (
         array(select ctid from konstruct.${table} where tenant_id = $1 limit ${batch}))
       and exists (select from konstruct.tenants where ${isOurs})
       returning 1
     ) select count(*)::int as count from gone`,
    [tenant, namespace, uid],
  )
  return row?.count ?? 0
}

/**
 * Deletes the tenant's own row if nothing else is left. Until that is decided nobody can write for the tenant: who adds a
 * conversation needs the row to stay, and so waits, or is waited for and counted.
 * @returns how many rows are left; 0: the tenant is gone
 */
export const forgetTenant = (database: Database, owner: TenantOwner): Promise<number> =>
  database.withTenant(owner.tenant, async (tx) => {
    const bind = [owner.tenant, owner.namespace, owner.uid]
    const ours = await tx.query(`select 1 from konstruct.tenants where ${isOurs} for update`, bind)
    if (ours.length === 0) return 0
    const left = Object.values(await countIn(tx, tables)).reduce((sum, count) => sum + count, 0)
    if (left === 0) await tx.query(`delete from konstruct.tenants where ${isOurs}`, bind)
    return left
  })
