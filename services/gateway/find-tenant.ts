// The tenants that can be reached over the web. One that is being deleted, or that has no web channel, is not there.
import type { WebChannel } from '../shared/domain/resources/tenant.ts'
import type { KnownTenant, TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { KonstructError } from '../shared/runtime/errors.ts'

export interface WebTenant extends KnownTenant {
  readonly web: WebChannel
}

/** A suspended tenant is found: what it refuses is for others to say. @throws KonstructError `TENANT_NOT_FOUND` */
export const findTenant = (directory: Pick<TenantDirectory, 'get'>, tenant: string): WebTenant => {
  const known = directory.get(tenant)
  const web = known?.config.web
  const open = known?.config.state === 'active' || known?.config.state === 'suspended'
  if (known === undefined || !open || web?.enabled !== true) throw new KonstructError('TENANT_NOT_FOUND')
  return { ...known, web }
}

/** @throws KonstructError `TENANT_SUSPENDED` */
export const assertActive = ({ config }: Pick<KnownTenant, 'config'>): void => {
  if (config.state !== 'active') throw new KonstructError('TENANT_SUSPENDED')
}
