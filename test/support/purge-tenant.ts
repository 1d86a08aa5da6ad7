// Takes the rows of a test's tenant away, as the operator does.
import type { Database } from '../../services/shared/store/database.ts'
import { forgetTenant, purgeRows, readOwner } from '../../services/shared/store/purge-tenant.ts'

/** Nothing happens when there is no such tenant. */
export const purgeTenant = async (database: Database, tenant: string): Promise<void> => {
  const owner = await readOwner(database, tenant)
  if (owner === undefined) return
  await purgeRows(database, owner, { mayGoOn: () => {}, deleted: () => {} })
  await forgetTenant(database, owner)
}
