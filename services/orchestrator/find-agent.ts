// What is known of a tenant when one of its turns begins. The gateway may have followed a change up to one poll before
// us, so before a turn is refused, PostgreSQL is asked: a new agent or a tenant that was resumed must not fail it. It is asked,
// too, when the claim saw another tenant than we know: of a process that was frozen that may be an earlier one of the same name,
// whose model must not be sent what is said to this one.
import type { AgentConfig, TenantConfig } from '../shared/domain/tenant-config.ts'
import type { KnownTenant, TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { KonstructError } from '../shared/runtime/errors.ts'
import type { Secret } from '../shared/runtime/read-config.ts'
import type { Database } from '../shared/store/database.ts'
import { readTenant } from '../shared/store/read-tenant.ts'
import { openSecret, type Keyring } from '../shared/store/seal.ts'

export interface FindAgentPorts {
  readonly database: Database
  readonly directory: TenantDirectory
  readonly keyring: Keyring
}

export interface FoundAgent {
  readonly config: TenantConfig
  readonly agent: AgentConfig
  /** @throws KonstructError `SECRET_UNREADABLE` */
  readonly secret: (name: string) => Secret | null
}

type Current = Pick<FoundAgent, 'config' | 'secret'>

interface WantedAgent {
  readonly tenant: string
  /** Of the tenant that the turn belongs to. */
  readonly uid: string
  readonly agent: string
}

const isServed = (known: KnownTenant | undefined, { uid, agent }: WantedAgent): known is KnownTenant =>
  known !== undefined &&
  known.uid === uid &&
  known.config.state === 'active' &&
  known.config.agents.has(agent)

/** @throws KonstructError `AGENT_NOT_FOUND`, `TENANT_SUSPENDED`, `STORE_UNAVAILABLE` */
export const findAgent = async (ports: FindAgentPorts, wanted: WantedAgent): Promise<FoundAgent> => {
  const known = ports.directory.get(wanted.tenant)
  const current = isServed(known, wanted) ? known : await readAfresh(ports, wanted.tenant)
  if (current === undefined) throw new KonstructError('AGENT_NOT_FOUND')
  if (current.config.state !== 'active') throw new KonstructError('TENANT_SUSPENDED')
  const agent = current.config.agents.get(wanted.agent)
  if (agent === undefined) throw new KonstructError('AGENT_NOT_FOUND')
  return { config: current.config, secret: current.secret, agent }
}

const readAfresh = async (
  { database, keyring }: FindAgentPorts,
  tenant: string,
): Promise<Current | undefined> => {
  const published = await readTenant(database, tenant)
  if (published === null) return undefined
  const sealed = new Map(published.secrets.map((secret) => [secret.name, secret]))
  return {
    config: published.config,
    secret: (name) => {
      const secret = sealed.get(name)
      return secret === undefined ? null : openSecret(keyring, tenant, secret)
    },
  }
}
