// The reading side of configuration: which tenants changed, and everything published of one tenant.
import type { AgentConfig, TenantConfig, TenantState } from '../domain/tenant-config.ts'
import type { TenantSpec, WebChannel } from '../domain/resources/tenant.ts'
import type { Database } from './database.ts'
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

interface Revisions {
  /** Tenants that changed after the given revision, oldest change first. */
  readonly changed: readonly TenantRevision[]
  /** How many tenants there are in all. */
  readonly count: number
  /** The highest revision of a tenant that is there. Lower than one that was seen: its tenant is gone, or PostgreSQL went back. */
  readonly newest: number
}

export const readRevisions = (database: Database, after: number): Promise<Revisions> =>
  database.acrossTenants(
    async (tx) => {
      const [changed, [all]] = await Promise.all([
        tx.query<TenantRevision>(
          `select tenant_id as tenant, revision::float8 as revision from konstruct.tenants
           where revision > $1 order by revision`,
          [after],
        ),
        tx.query<Omit<Revisions, 'changed'>>(
          'select count(*)::int as count, coalesce(max(revision), 0)::float8 as newest from konstruct.tenants',
        ),
      ])
      return { changed, count: all?.count ?? 0, newest: all?.newest ?? 0 }
    },
    { atOnce: true },
  )

/** Every tenant that has a row, for finding those that are gone, or went back. */
export const readTenantIndex = (database: Database): Promise<readonly TenantIndexEntry[]> =>
  database.acrossTenants((tx) => tx.query<TenantIndexEntry>(`${indexQuery} order by tenant_id`))

const indexQuery = `select tenant_id as tenant, namespace, uid, state, revision::float8 as revision from konstruct.tenants`

type TenantRow = TenantIndexEntry & {
  readonly spec: TenantSpec
  readonly web: WebChannel | null
  readonly agents: readonly AgentConfig[]
  readonly secrets: readonly (Omit<SealedSecret, 'sealed'> & { readonly sealed: string })[]
}

/**
 * One statement, so that it sees one publication: of two that are asked one after the other, the second may see a newer key
 * than belongs to the address that the first one saw.
 */
const tenantQuery = `
  select t.tenant_id as tenant, t.namespace, t.uid, t.state, t.revision::float8 as revision, s.spec,
    (select settings from konstruct.channel_settings where channel_type = 'web') as web,
    (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'spec', spec) order by name), '[]')
      from konstruct.agents) as agents,
    (select coalesce(jsonb_agg(jsonb_build_object(
        'name', name, 'keyId', key_id, 'sealed', encode(sealed, 'hex')) order by name), '[]')
      from konstruct.sealed_secrets) as secrets
  from konstruct.tenants t join konstruct.tenant_settings s on s.tenant_id = t.tenant_id
  where t.tenant_id = $1`

/** Everything published of one tenant; null when there is nothing. */
export const readTenant = async (database: Database, tenant: string): Promise<PublishedTenant | null> => {
  const [row] = await database.withTenant(tenant, (tx) => tx.query<TenantRow>(tenantQuery, [tenant]), {
    atOnce: true,
  })
  if (row === undefined) return null
  const { spec, web, agents, secrets, ...entry } = row
  const { state, revision } = entry
  return {
    entry,
    config: {
      tenant,
      state,
      revision,
      spec,
      web,
      agents: new Map(agents.map((agent) => [agent.name, agent])),
    },
    secrets: secrets.map((secret) => ({ ...secret, sealed: Buffer.from(secret.sealed, 'hex') })),
  }
}
