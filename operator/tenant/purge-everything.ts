// Deletes all data of a tenant from every store, and counts again until nothing is left: what was running when the
// tenant was stopped may still write once. Kafka is not purged: its records hold ids only, their readers skip those of
// a tenant that is gone, and they expire by the topic's retention.
//
// The name stays the owner's until all of it is gone; only then may a namesake in another namespace have it.
import { countKeys, purgeKeys } from '../../services/shared/redis/purge-keys.ts'
import type { RedisConnection } from '../../services/shared/redis/redis-connection.ts'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Database } from '../../services/shared/store/database.ts'
import { forgetTenant, purgeRows, type TenantOwner } from '../../services/shared/store/purge-tenant.ts'

interface Stores {
  readonly database: Database
  readonly redis: RedisConnection
}

/** How much was deleted. */
export interface PurgeReceipt {
  /** By table. */
  readonly rows: Readonly<Record<string, number>>
  readonly keys: number
}

const passes = 5

const add = (sum: PurgeReceipt['rows'], more: PurgeReceipt['rows']): PurgeReceipt['rows'] =>
  Object.fromEntries(Object.entries(more).map(([table, count]) => [table, count + (sum[table] ?? 0)]))

/** @throws KonstructError when a store is away, or when writes do not end: call it again then. */
export const purgeEverything = async (
  { database, redis }: Stores,
  owner: TenantOwner,
): Promise<PurgeReceipt> => {
  const { tenant } = owner
  // Counting first finds out whether Redis is there, before anything is deleted that the receipt should name.
  let left = await countKeys(redis, tenant)
  let receipt: PurgeReceipt = { rows: {}, keys: 0 }
  for (let pass = 0; pass < passes; pass += 1) {
    const rows = add(receipt.rows, await purgeRows(database, owner))
    receipt = { rows, keys: receipt.keys + (await purgeKeys(redis, tenant)) }
    left = (await countKeys(redis, tenant)) || (await forgetTenant(database, owner))
    if (left === 0) return receipt
  }
  throw new KonstructError('INTERNAL', {
    message: `After ${passes} purges ${left} rows and keys were left, written meanwhile.`,
  })
}
