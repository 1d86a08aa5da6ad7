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
import type { PurgeReceipt } from './purge-receipt.ts'

interface Stores {
  readonly database: Database
  readonly redis: RedisConnection
}

interface Purge {
  /** Is added to, also when the purge does not come to its end. */
  readonly receipt: PurgeReceipt
  /** Asked before each step; throws when there may be no further one. */
  readonly mayGoOn: () => void
}

const passes = 5

/** @throws KonstructError when a store is away, or when writes do not end; whatever `mayGoOn` throws: call it again then. */
export const purgeEverything = async (
  { database, redis }: Stores,
  owner: TenantOwner,
  { receipt, mayGoOn }: Purge,
): Promise<void> => {
  const { tenant } = owner
  // Counting first finds out whether Redis is there, before anything is deleted that the receipt should name.
  let left = await countKeys(redis, tenant)
  for (let pass = 0; pass < passes; pass += 1) {
    await purgeRows(database, owner, {
      mayGoOn,
      deleted: (table, count) => receipt.addRows(table, count),
    })
    mayGoOn()
    receipt.addKeys(await purgeKeys(redis, tenant))
    mayGoOn()
    left = (await countKeys(redis, tenant)) || (await forgetTenant(database, owner))
    if (left === 0) return
  }
  throw new KonstructError('INTERNAL', {
    message: `After ${passes} purges ${left} rows and keys were left, written meanwhile.`,
  })
}
