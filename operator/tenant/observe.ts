// Step 1: reads everything that the other steps judge. A part that is away becomes a reading that failed.
import { isTenantId } from '../../services/shared/domain/tenant-id.ts'
import type { Secret } from '../../services/shared/runtime/read-config.ts'
import { type PublishedTenant, readTenant } from '../../services/shared/store/read-tenant.ts'
import { openSecret } from '../../services/shared/store/seal.ts'
import type { IsolationVerdict } from '../platform/isolation-watch.ts'
import { type DesiredTenant, parseTenantKey } from '../source/desired-source.ts'
import { type CheckedAgent, type CheckedTenant, checkResource } from './check-resource.ts'
import { type Reading, tryReading } from './reading.ts'
import { secretRefs } from './secret-refs.ts'
import type { TenantPorts } from './tenant-ports.ts'

/** What is published of a tenant, with those of its secrets that a key of ours opens. */
export interface ObservedPublication extends PublishedTenant {
  readonly opened: ReadonlyMap<string, Secret>
}

export interface Observed {
  readonly namespace: string
  readonly name: string
  /** Undefined when there is no such Tenant. */
  readonly tenant: CheckedTenant | undefined
  readonly agents: readonly CheckedAgent[]
  /** Tenants of the same name in other namespaces. */
  readonly rivals: readonly DesiredTenant[]
  /** Null when nothing is published. */
  readonly published: Reading<ObservedPublication | null>
  /** By the name of the Secret; undefined when there is no such Secret. */
  readonly secrets: ReadonlyMap<string, Reading<ReadonlyMap<string, Secret> | undefined>>
  /** Undefined when nobody has looked yet since this operator started. */
  readonly isolation: IsolationVerdict | undefined
  /** Topics that Kafka refuses to create, and why; null when it has all, undefined while it has told nothing. */
  readonly missingTopics: string | null | undefined
  readonly now: Date
}

const readPublication = async (ports: TenantPorts, tenant: string): Promise<ObservedPublication | null> => {
  if (!isTenantId(tenant)) return null
  const published = await readTenant(ports.database, tenant)
  if (published === null) return null
  const opened = new Map<string, Secret>()
  for (const secret of published.secrets) {
    const reading = await tryReading(async () => openSecret(ports.keyring, tenant, secret))
    if (reading.ok) opened.set(secret.name, reading.value)
  }
  return { ...published, opened }
}

const readSecrets = async (
  { source }: TenantPorts,
  tenant: CheckedTenant | undefined,
  signal: AbortSignal,
): Promise<Observed['secrets']> => {
  if (tenant === undefined || tenant.spec === null) return new Map()
  const { namespace } = tenant.object
  const names = [...new Set(secretRefs(tenant.spec).map(({ ref }) => ref.name))]
  const readings = names.map(
    async (name) => [name, await tryReading(() => source.readSecret(namespace, name, signal))] as const,
  )
  return new Map(await Promise.all(readings))
}

export const observe = async (ports: TenantPorts, key: string, signal: AbortSignal): Promise<Observed> => {
  const { source, schemas, clock } = ports
  const { namespace, name } = parseTenantKey(key)
  const object = source.tenant(namespace, name)
  const tenant = object && checkResource(schemas, object)
  const [published, secrets] = await Promise.all([
    tryReading(() => readPublication(ports, name)),
    readSecrets(ports, tenant, signal),
  ])
  return {
    namespace,
    name,
    tenant,
    agents: source.agentsOf(namespace, name).map((agent) => checkResource(schemas, agent)),
    rivals: source.tenantsNamed(name).filter((other) => other.namespace !== namespace),
    published,
    secrets,
    isolation: ports.isolation(),
    missingTopics: ports.missingTopics(),
    now: clock.timeOfDay(),
  }
}
