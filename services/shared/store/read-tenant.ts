// The reading side of configuration: which tenants changed, and everything published of one tenant.
import type { AgentConfig, TenantConfig, TenantState } from '../domain/tenant-config.ts'
import type { TenantSpec, WebChannel } from '../domain/resources/tenant.ts'
import type { Database, TenantTx } from './database.ts'
import type { SealedSecret } from './seal.ts'

export interface TenantRevision {
  readonly tenant: string
  readonly revision: number
}

export interface TenantIndexEntry extends TenantRevision {
  readonly namespace: string
  readonly uid: string
  readonly state: TenantState
}

/** What is published of a tenant, with its secrets still sealed. */
export interface PublishedTenant {
  readonly entry: TenantIndexEntry
  readonly config: TenantConfig
  readonly secrets: readonly SealedSecret[]
}

/** Tenants that changed after the given revision, oldest change first, and how many tenants there are in all. */
export const readRevisions = (
  database: Database,
  after: number,
): Promise<{ readonly changed: readonly TenantRevision[]; readonly count: number }> =>
  database.acrossTenants(async (tx) => {
    const changed = await tx.query<TenantRevision>(
      `select tenant_id as tenant, revision::float8 as revision from konstruct.tenants
       where revision > $1 order by revision`,
      [after],
    )
    const counted = await tx.query<{ count: number }>('select count(*)::int as count from konstruct.tenants')
    return { changed, count: counted[0]?.count ?? 0 }
  })

/** Every tenant that has a row, for finding those that are gone. */
export const readTenantIndex = (database: Database): Promise<readonly TenantIndexEntry[]> =>
  database.acrossTenants((tx) => tx.query<TenantIndexEntry>(`${indexQuery} order by tenant_id`))

const indexQuery = `select tenant_id as tenant, namespace, uid, state, revision::float8 as revision from konstruct.tenants`

/** Everything published of one tenant; null when there is nothing. */
export const readTenant = (database: Database, tenant: string): Promise<PublishedTenant | null> =>
  database.withTenant(tenant, async (tx) => {
    const [entry] = await tx.query<TenantIndexEntry>(`${indexQuery} where tenant_id = $1`, [tenant])
    const [settings] = await tx.query<{ spec: TenantSpec }>('select spec from konstruct.tenant_settings')
    if (entry === undefined || settings === undefined) return null
    return { entry, config: await readConfigOf(tx, entry, settings.spec), secrets: await readSecrets(tx) }
  })

const readConfigOf = async (
  tx: TenantTx,
  entry: TenantIndexEntry,
  spec: TenantSpec,
): Promise<TenantConfig> => {
  const agents = await tx.query<AgentConfig>('select name, spec from konstruct.agents order by name')
  const [web] = await tx.query<{ settings: WebChannel }>(
    `select settings from konstruct.channel_settings where channel_type = 'web'`,
  )
  return {
    tenant: entry.tenant,
    state: entry.state,
    revision: entry.revision,
    spec,
    web: web?.settings ?? null,
    agents: new Map(agents.map((agent) => [agent.name, agent])),
  }
}

const readSecrets = (tx: TenantTx): Promise<SealedSecret[]> =>
  tx.query<SealedSecret>(`select name, key_id as "keyId", sealed from konstruct.sealed_secrets order by name`)
