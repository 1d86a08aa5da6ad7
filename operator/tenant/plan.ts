// Step 3, pure: the difference between what is published and what should be, as a short list of actions, in order.
// Nothing different, nothing to do.
import { isDeepStrictEqual } from 'node:util'
import type { AgentConfig } from '../../services/shared/domain/tenant-config.ts'
import type { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Publication } from '../../services/shared/store/publish-tenant.ts'
import type { TenantOwner } from '../../services/shared/store/purge-tenant.ts'
import type { Keyring, SealedSecret } from '../../services/shared/store/seal.ts'
import { type DesiredTenant, type ResourceEvent, tenantFinalizer } from '../source/desired-source.ts'
import type { Desired, DesiredPublication } from './desire.ts'
import type { Observed, ObservedPublication } from './observe.ts'

export type Action =
  /** Before the first write, so that no data is ever left behind. */
  | { readonly kind: 'add-finalizer' }
  /** A Tenant of this name was being deleted when its finalizer was taken away: its data must not come back. */
  | { readonly kind: 'purge-leftovers'; readonly owner: TenantOwner }
  | {
      readonly kind: 'publish'
      readonly publication: Omit<Publication, 'secrets'>
      readonly keep: readonly SealedSecret[]
      readonly seal: ReadonlyMap<string, Secret>
    }
  | { readonly kind: 'announce'; readonly event: ResourceEvent }

export type ActionKind = Action['kind']

const byName = (agents: Iterable<AgentConfig>): ReadonlyMap<string, unknown> =>
  new Map([...agents].map(({ name, spec }) => [name, spec]))

/** A sealed secret stays while it says what it should, under the key that seals now. */
const findKept = (
  publication: DesiredPublication,
  published: ObservedPublication | null,
  sealingKey: string | undefined,
): readonly SealedSecret[] =>
  (published?.secrets ?? []).filter(({ name, keyId }) => {
    if (publication.unreadSecrets.has(name)) return true
    const wanted = publication.secrets.get(name)?.reveal()
    return wanted !== undefined && keyId === sealingKey && published?.opened.get(name)?.reveal() === wanted
  })

const isPublished = (publication: DesiredPublication, published: ObservedPublication | null): boolean => {
  if (published === null) return false
  const { entry, config } = published
  return isDeepStrictEqual(
    [entry.namespace, entry.uid, entry.state, config.spec, config.web, byName(config.agents.values())],
    [
      publication.namespace,
      publication.uid,
      publication.state,
      publication.spec,
      publication.web,
      byName(publication.agents),
    ],
  )
}

const planPublish = (
  desired: DesiredPublication,
  published: ObservedPublication | null,
  keyring: Keyring,
): readonly Action[] => {
  const sealingKey = keyring.keys().next().value
  const keep = findKept(desired, published, sealingKey)
  const seal = new Map([...desired.secrets].filter(([name]) => !keep.some((secret) => secret.name === name)))
  const unchanged = seal.size === 0 && keep.length === (published?.secrets.length ?? 0)
  if (unchanged && isPublished(desired, published)) return []
  const { secrets: _, unreadSecrets: __, ...publication } = desired
  return [{ kind: 'publish', publication, keep, seal }]
}

const takesBack: ResourceEvent = {
  type: 'Normal',
  reason: 'DataTakenBack',
  message: 'An earlier Tenant of this name was deleted and its data retained: this one has the data again.',
}

/** What comes before and after publishing, by what an earlier Tenant of this name has left. */
const planInheritance = (tenant: DesiredTenant, published: ObservedPublication | null) => {
  const entry = published?.entry
  const leftBy = entry?.state === 'deleting' && entry.uid !== tenant.uid ? entry : undefined
  return { leftBy, takesBack: entry?.state === 'retained' }
}

export const plan = (observed: Observed, desired: Desired, keyring: Keyring): readonly Action[] => {
  const { tenant, published } = observed
  const { publication } = desired
  if (tenant === undefined || publication === null || !published.ok) return []
  const inherits = planInheritance(tenant.object, published.value)
  const steps: readonly (readonly Action[])[] = [
    tenant.object.finalizers.includes(tenantFinalizer) ? [] : [{ kind: 'add-finalizer' }],
    inherits.leftBy ? [{ kind: 'purge-leftovers', owner: inherits.leftBy }] : [],
    planPublish(publication, inherits.leftBy ? null : published.value, keyring),
    inherits.takesBack ? [{ kind: 'announce', event: takesBack }] : [],
  ]
  return steps.flat()
}
