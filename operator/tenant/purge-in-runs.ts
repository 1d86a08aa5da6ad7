// A purge may outlast the deadline of a run, or what the leader has left of its lead. It then ends where it is, and goes on
// in the next run, with the same receipt.
import type { TenantOwner } from '../../services/shared/store/purge-tenant.ts'
import type { Outcome } from '../loop/controller.ts'
import { purgeEverything } from './purge-everything.ts'
import { PurgeReceipt } from './purge-receipt.ts'
import { mayGoOnWith, type TenantPorts } from './tenant-ports.ts'

/** Others have their turn between two runs. */
export const goesOn: Outcome = { kind: 'again', ms: 100 }

/**
 * @returns what was deleted in all; undefined when the run's time is over: call it again in the next one
 * @throws KonstructError as `purgeEverything` does, and `LEASE_LOST`
 */
export const purgeInRuns = async (
  ports: TenantPorts,
  owner: TenantOwner,
  signal: AbortSignal,
): Promise<PurgeReceipt | undefined> => {
  const receipt = ports.receipts.get(owner.uid) ?? new PurgeReceipt()
  ports.receipts.set(owner.uid, receipt)
  const facts = () => ({ tenant: owner.tenant, resource: owner.namespace, reason: receipt.describe() })
  try {
    await purgeEverything(ports, owner, { receipt, mayGoOn: mayGoOnWith(ports, signal) })
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    ports.log.info('tenant deleted in part, goes on', facts())
    return undefined
  }
  ports.receipts.delete(owner.uid)
  // Also here, since a namespace that is being deleted takes no events.
  ports.log.info('tenant deleted', facts())
  return receipt
}
