// For a key without a Tenant: one whose finalizer was taken away by hand, or that went while no operator ran. Where nobody
// asked for its data to be deleted it is retained, but nobody may chat with it any longer. Where that was asked for, it is
// brought to its end: else the leftovers, and the name, would stay for ever.
import { publishState } from '../../services/shared/store/publish-tenant.ts'
import { readOwner } from '../../services/shared/store/purge-tenant.ts'
import type { Outcome } from '../loop/controller.ts'
import type { Observed } from './observe.ts'
import { goesOn, purgeInRuns } from './purge-in-runs.ts'
import type { TenantPorts } from './tenant-ports.ts'

const done: Outcome = { kind: 'done' }

export const release = async (
  ports: TenantPorts,
  { namespace, name, published }: Observed,
  signal: AbortSignal,
): Promise<Outcome> => {
  ports.metrics.forget({ namespace, name })
  if (!published.ok) return done
  const owner = await readOwner(ports.database, name)
  if (owner?.namespace !== namespace || owner.state === 'retained') return done
  ports.assertLeading()
  if (owner.state === 'deleting') return (await purgeInRuns(ports, owner, signal)) ? done : goesOn
  await publishState(ports.database, name, 'retained')
  ports.log.warn('tenant without a resource retained', { tenant: name, resource: namespace })
  return done
}
