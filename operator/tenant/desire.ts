// Step 2, pure: from what was observed to what should be published. Everything that is valid counts: a mistake in one
// agent takes nothing from the others, and a part that cannot be read now is left as it is.
import type { AgentConfig } from '../../services/shared/domain/tenant-config.ts'
import type { TenantSpec } from '../../services/shared/domain/resources/tenant.ts'
import type { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Publication } from '../../services/shared/store/publish-tenant.ts'
import type { CheckedAgent } from './check-resource.ts'
import type { Observed } from './observe.ts'
import { secretRefs, type TenantSecretRef } from './secret-refs.ts'

export interface DesiredPublication extends Omit<Publication, 'secrets'> {
  /** Values by published name. */
  readonly secrets: ReadonlyMap<string, Secret>
  /** Published names whose Secret cannot be read now: what is published of them stays. */
  readonly unreadSecrets: ReadonlySet<string>
}

export interface Desired {
  /** The namespace that the name belongs to when it is not this one. */
  readonly takenBy: string | undefined
  /** Null when nothing can be published: what is published stays. */
  readonly publication: DesiredPublication | null
}

/**
 * A name belongs to the namespace that published it, also while its data is only retained: nobody gets the data of
 * another. Before anything is published it belongs to the oldest Tenant. While that cannot be read nobody is turned away.
 */
const findTaker = ({ namespace, tenant, rivals, published }: Observed): string | undefined => {
  if (!published.ok) return undefined
  const owner = published.value?.entry.namespace
  if (owner !== undefined) return owner === namespace ? undefined : owner
  if (tenant === undefined) return undefined
  const ageOf = (one: { createdAt: string; namespace: string }) => `${one.createdAt}/${one.namespace}`
  const older = rivals.filter((rival) => rival.deletedAt === undefined && ageOf(rival) < ageOf(tenant.object))
  return older.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1))[0]?.namespace
}

/** The agent as it should be published; an agent that has become invalid stays as it was published. */
const desireAgent = (agent: CheckedAgent, spec: TenantSpec, observed: Observed): AgentConfig | undefined => {
  const { name } = agent.object
  if (agent.spec === null)
    return observed.published.ok ? observed.published.value?.config.agents.get(name) : undefined
  const { model } = agent.spec
  return spec.models.some((one) => one.name === model) ? { name, spec: agent.spec } : undefined
}

const desireSecrets = (refs: readonly TenantSecretRef[], observed: Observed) => {
  const secrets = new Map<string, Secret>()
  const unreadSecrets = new Set<string>()
  for (const { publishedAs, ref, shortest } of refs) {
    const reading = observed.secrets.get(ref.name)
    const value = reading?.ok === true ? reading.value?.get(ref.key) : undefined
    if (reading?.ok === false) unreadSecrets.add(publishedAs)
    else if (value !== undefined && Buffer.byteLength(value.reveal()) >= shortest)
      secrets.set(publishedAs, value)
  }
  return { secrets, unreadSecrets }
}

export const desire = (observed: Observed): Desired => {
  const { tenant, namespace, name } = observed
  const takenBy = findTaker(observed)
  if (tenant === undefined || tenant.spec === null || takenBy !== undefined)
    return { takenBy, publication: null }
  const { spec } = tenant
  const publication: DesiredPublication = {
    tenant: name,
    namespace,
    uid: tenant.object.uid,
    state: spec.suspended ? 'suspended' : 'active',
    spec,
    web: spec.channels.web ?? null,
    agents: observed.agents
      .map((agent) => desireAgent(agent, spec, observed))
      .filter((agent) => agent !== undefined),
    ...desireSecrets(secretRefs(spec), observed),
  }
  return { takenBy, publication }
}
