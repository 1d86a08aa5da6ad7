// What a reconcile works with: real stores, and a source that says what a test wants it to.
import { Registry } from 'prom-client'
import type { DesiredSource } from '../../../operator/source/desired-source.ts'
import { createTenantMetrics } from '../../../operator/tenant/tenant-metrics.ts'
import type { TenantPorts } from '../../../operator/tenant/tenant-ports.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import type { TenantState } from '../../../services/shared/domain/tenant-config.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import type { Database } from '../../../services/shared/store/database.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../../support/open-redis.ts'
import { FakeClock } from '../fake-clock.ts'
import { aTenant } from '../manifests.ts'
import { resourceSchemas } from '../resource-schemas.ts'
import { keyring } from '../standalone.ts'

/** In which nothing is. */
export const emptySource: Partial<DesiredSource> = {
  hasSynced: true,
  knows: () => true,
  tenants: () => [],
  tenant: () => undefined,
  tenantsNamed: () => [],
  agentsOf: () => [],
}

export interface Stores {
  readonly store: FreshStore
  readonly redis: OpenRedis['redis']
  close(): Promise<void>
}

export const openStores = async (): Promise<Stores> => {
  const store = await freshStore()
  const opened = await openRedisAt((await freshRedis()).url)
  return {
    store,
    redis: opened.redis,
    close: async () => {
      opened.close()
      await store.close()
    },
  }
}

export const stubbedPorts = (
  { store, redis }: Stores,
  source: Partial<DesiredSource>,
  more: Partial<TenantPorts> = {},
): TenantPorts => ({
  source: { ...emptySource, ...source } as DesiredSource,
  schemas: resourceSchemas,
  database: store.operator,
  redis,
  keyring,
  isolation: () => undefined,
  missingTopics: () => undefined,
  clock: new FakeClock(),
  metrics: createTenantMetrics(new Registry()),
  receipts: new Map(),
  assertLeading: () => {},
  log: silentLog,
  ...more,
})

/** Publishes a tenant as a Tenant would that nobody has to know otherwise. */
export const publishTestTenant = (
  database: Database,
  tenant: string,
  more: { readonly namespace?: string; readonly uid?: string; readonly state?: TenantState } = {},
): Promise<number> => {
  const { spec } = aTenant(tenant)
  const settings = { spec: spec as never, web: spec.channels.web as never, agents: [], secrets: [] }
  const entry = { tenant, namespace: 'default', uid: `uid-of-${tenant}`, state: 'active' as const }
  return publishTenant(database, { ...entry, ...settings, ...more })
}
