// What a tenant may have now. A tenant that this process has not heard of yet is asked for in PostgreSQL: else a process
// that has just begun would take its first turns without their budget.
import type { TenantDirectory } from '../shared/intake/tenant-directory.ts'
import type { ClaimRequest } from '../shared/store/claim-turn.ts'
import type { Database } from '../shared/store/database.ts'
import { readTenant } from '../shared/store/read-tenant.ts'

interface FindLimitsPorts {
  readonly database: Database
  readonly directory: Pick<TenantDirectory, 'get'>
}

type TurnLimits = Pick<ClaimRequest, 'maxConcurrentTurns' | 'budget'>

/** Of a tenant that is nowhere: its turns come to nothing, one by one. */
const ofNobody: TurnLimits = { maxConcurrentTurns: 1, budget: null }

/** Turns of a tenant that may run at a time, as far as this process has heard: of a tenant that it does not know, one by one. */
export const knownTurnLimit = ({ directory }: Pick<FindLimitsPorts, 'directory'>, tenant: string): number =>
  (directory.get(tenant)?.config.spec.limits ?? ofNobody).maxConcurrentTurns

/** @throws KonstructError `STORE_UNAVAILABLE` */
export const findLimits = async (
  { database, directory }: FindLimitsPorts,
  tenant: string,
): Promise<TurnLimits> => {
  const config = directory.get(tenant)?.config ?? (await readTenant(database, tenant))?.config
  if (config === undefined) return ofNobody
  const { maxConcurrentTurns, budget = null } = config.spec.limits
  return { maxConcurrentTurns, budget }
}
