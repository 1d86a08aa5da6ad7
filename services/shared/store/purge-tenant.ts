// Deletes everything of one tenant, and counts what is left. Rows go in bounded steps: one statement over a million
// messages would hold its locks, and its connection, for too long.
import type { Database, TenantTx } from './database.ts'

/** Children before parents; the index of tenants last, since it is what says that a purge is under way. */
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
  'tenants',
] as const

type Table = (typeof tables)[number]
export type RowCounts = Readonly<Record<Table, number>>

const batch = 5_000

/** Rows per table that belong to the tenant. */
export const countRows = (database: Database, tenant: string): Promise<RowCounts> =>
  database.withTenant(tenant, async (tx) => {
    const counts: [Table, number][] = []
    for (const table of tables) {
      const [row] = await tx.query<{ count: number }>(
        `select count(*)::int as count from konstruct.${table} where tenant_id = $1`,
        [tenant],
      )
      counts.push([table, row?.count ?? 0])
    }
    return Object.fromEntries(counts) as RowCounts
  })

/** Deletes until nothing is left, and gives how many rows of each table went. Safe to repeat after a failure. */
export const purgeTenant = async (database: Database, tenant: string): Promise<RowCounts> => {
  const deleted: [Table, number][] = []
  for (const table of tables) {
    let count = 0
    let last: number
    do {
      last = await database.withTenant(tenant, (tx) => deleteBatch(tx, table))
      count += last
    } while (last === batch)
    deleted.push([table, count])
  }
  return Object.fromEntries(deleted) as RowCounts
}

const deleteBatch = async (tx: TenantTx, table: Table): Promise<number> => {
  const [row] = await tx.query<{ count: number }>(
    `with gone as (
       delete from konstruct.${table} where tenant_id = $1 and ctid = any (
         array(select ctid from konstruct.${table} where tenant_id = $1 limit ${batch}))
       returning 1
     ) select count(*)::int as count from gone`,
    [tx.tenant],
  )
  return row?.count ?? 0
}
