// The operator's side of configuration: writes what changed and gives the tenant a new revision, which is what the
// services poll. Revisions are handed out under a lock that is held until commit, so a reader that has seen revision
// n never misses one below n.
import type { AgentConfig, TenantState } from '../domain/tenant-config.ts'
import type { TenantSpec, WebChannel } from '../domain/resources/tenant.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { Database, TenantTx } from './database.ts'
import type { SealedSecret } from './seal.ts'

export interface Publication {
  readonly tenant: string
  readonly namespace: string
  readonly uid: string
  readonly state: TenantState
  readonly spec: TenantSpec
  readonly web: WebChannel | null
  readonly agents: readonly AgentConfig[]
  readonly secrets: readonly SealedSecret[]
}

/**
 * Replaces what is published of a tenant, in one transaction, and gives its new revision.
 * @throws KonstructError `TENANT_NAME_TAKEN` when the name belongs to another namespace: no data changes hands.
 */
export const publishTenant = (database: Database, publication: Publication): Promise<number> =>
  database.withTenant(publication.tenant, async (tx) => {
    await writeSettings(tx, publication)
    await writeAgents(tx, publication.agents)
    await writeSecrets(tx, publication.secrets)
    return writeIndex(tx, publication)
  })

/** Changes only the state, and gives the new revision; null when nothing is published of the tenant. */
export const publishState = (
  database: Database,
  tenant: string,
  state: TenantState,
): Promise<number | null> =>
  database.withTenant(tenant, async (tx) => {
    await takeRevisionLock(tx)
    const rows = await tx.query<{ revision: number }>(
      `update konstruct.tenants set state = $2, revision = nextval('konstruct.tenant_revision')
       where tenant_id = $1 returning revision::float8 as revision`,
      [tenant, state],
    )
    return rows[0]?.revision ?? null
  })

const takeRevisionLock = (tx: TenantTx): Promise<unknown> =>
  tx.query(`select pg_advisory_xact_lock(hashtextextended('konstruct.tenant_revision', 0))`)

const writeSettings = async (tx: TenantTx, { spec, web }: Publication): Promise<void> => {
  await tx.query(
    `insert into konstruct.tenant_settings (tenant_id, spec) values ($1, $2)
     on conflict (tenant_id) do update set spec = excluded.spec`,
    [tx.tenant, JSON.stringify(spec)],
  )
  if (web === null) {
    await tx.query(`delete from konstruct.channel_settings where channel_type = 'web'`)
    return
  }
  await tx.query(
    `insert into konstruct.channel_settings (tenant_id, channel_type, settings) values ($1, 'web', $2)
     on conflict (tenant_id, channel_type) do update set settings = excluded.settings`,
    [tx.tenant, JSON.stringify(web)],
  )
}

const writeAgents = async (tx: TenantTx, agents: readonly AgentConfig[]): Promise<void> => {
  await tx.query(
    `insert into konstruct.agents (tenant_id, name, spec)
     select $1, entry->>'name', entry->'spec' from jsonb_array_elements($2::jsonb) entry
     on conflict (tenant_id, name) do update set spec = excluded.spec`,
    [tx.tenant, JSON.stringify(agents)],
  )
  await tx.query(`delete from konstruct.agents where name <> all ($1::text[])`, [
    agents.map(({ name }) => name),
  ])
}

const writeSecrets = async (tx: TenantTx, secrets: readonly SealedSecret[]): Promise<void> => {
  for (const secret of secrets)
    await tx.query(
      `insert into konstruct.sealed_secrets (tenant_id, name, key_id, sealed) values ($1, $2, $3, $4)
       on conflict (tenant_id, name) do update set key_id = excluded.key_id, sealed = excluded.sealed`,
      [tx.tenant, secret.name, secret.keyId, secret.sealed],
    )
  await tx.query(`delete from konstruct.sealed_secrets where name <> all ($1::text[])`, [
    secrets.map(({ name }) => name),
  ])
}

const writeIndex = async (tx: TenantTx, publication: Publication): Promise<number> => {
  await takeRevisionLock(tx)
  const rows = await tx.query<{ revision: number }>(
    `insert into konstruct.tenants (tenant_id, namespace, uid, state, revision)
     values ($1, $2, $3, $4, nextval('konstruct.tenant_revision'))
     on conflict (tenant_id) do update set uid = excluded.uid, state = excluded.state, revision = excluded.revision
       where konstruct.tenants.namespace = excluded.namespace
     returning revision::float8 as revision`,
    [tx.tenant, publication.namespace, publication.uid, publication.state],
  )
  const row = rows[0]
  if (row === undefined) throw new KonstructError('TENANT_NAME_TAKEN')
  return row.revision
}
