// For a key without a Tenant: one whose finalizer was taken away by hand, or that went while no operator ran. Nobody
// asked for its data to be deleted, so it is retained; but nobody may chat with it any longer.
import { publishState } from '../../services/shared/store/publish-tenant.ts'
import type { Observed } from './observe.ts'
import type { TenantPorts } from './tenant-ports.ts'

export const release = async (ports: TenantPorts, observed: Observed): Promise<void> => {
  const { namespace, name, published } = observed
  ports.metrics.forget(observed)
  if (!published.ok || published.value === null) return
  const { entry } = published.value
  if (entry.namespace !== namespace || (entry.state !== 'active' && entry.state !== 'suspended')) return
  ports.assertLeading()
  await publishState(ports.database, name, 'retained')
  ports.log.warn('tenant without a resource retained', { tenant: name, resource: namespace })
}
