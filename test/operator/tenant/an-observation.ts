// An Observed of a healthy tenant `acme` with its agent `support`, to change one thing of.
import { type DesiredObject, tenantFinalizer } from '../../../operator/source/desired-source.ts'
import {
  type CheckedAgent,
  type CheckedTenant,
  checkResource,
} from '../../../operator/tenant/check-resource.ts'
import { desire } from '../../../operator/tenant/desire.ts'
import type { Observed, ObservedPublication } from '../../../operator/tenant/observe.ts'
import type { ResourceKind } from '../../../operator/validation/resource.ts'
import { Secret } from '../../../services/shared/runtime/read-config.ts'
import { type Keyring, sealSecret } from '../../../services/shared/store/seal.ts'
import { anAgent, aTenant } from '../manifests.ts'
import { resourceSchemas } from '../resource-schemas.ts'

const keyOf = (byte: number): Secret => new Secret(Buffer.alloc(32, byte).toString('base64'))

export const oldKeyring: Keyring = new Map([['old', keyOf(2)]])
/** The new key seals, the old one opens too. */
export const keyring: Keyring = new Map([['new', keyOf(1)], ...oldKeyring])

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

export const anObject = <Kind extends ResourceKind>(
  manifest: Manifest,
  more: Partial<DesiredObject<Kind>> = {},
): DesiredObject<Kind> => ({
  kind: manifest.kind as Kind,
  ...manifest.metadata,
  uid: `uid-of-${manifest.metadata.name}`,
  generation: 1,
  createdAt: '2030-01-01T00:00:00Z',
  deletedAt: undefined,
  finalizers: [tenantFinalizer],
  manifest,
  refused: [],
  status: undefined,
  ...more,
})

export const aCheckedTenant = (
  spec: Readonly<Record<string, unknown>> = {},
  more: Partial<DesiredObject<'Tenant'>> = {},
): CheckedTenant => checkResource(resourceSchemas, anObject<'Tenant'>(aTenant('acme', { spec }), more))

export const aCheckedAgent = (
  name = 'support',
  spec: Readonly<Record<string, unknown>> = {},
  more: Partial<DesiredObject<'Agent'>> = {},
): CheckedAgent => checkResource(resourceSchemas, anObject<'Agent'>(anAgent(name, 'acme', { spec }), more))

/** Nothing is published yet. */
export const anObservation = (more: Partial<Observed> = {}): Observed => ({
  namespace: 'default',
  name: 'acme',
  tenant: aCheckedTenant(),
  agents: [aCheckedAgent()],
  rivals: [],
  published: { ok: true, value: null },
  secrets: new Map(),
  isolation: { status: 'True', reason: 'Verified', message: 'It holds.' },
  missingTopics: null,
  now: new Date('2030-01-01T00:01:00.400Z'),
  ...more,
})

interface Entry {
  readonly namespace: string
  readonly uid: string
  readonly state: 'active' | 'suspended' | 'deleting' | 'retained'
}

/** As if the observation had been published, and perhaps changed since. */
export const publicationOf = (
  observed: Observed,
  { entry = {}, ring = keyring }: { entry?: Partial<Entry>; ring?: Keyring } = {},
): ObservedPublication => {
  const { publication } = desire(observed)
  if (publication === null) throw new Error('This observation cannot be published.')
  const { tenant, namespace, uid, state, spec, web, agents, secrets } = publication
  return {
    entry: { tenant, namespace, uid, state, revision: 1, ...entry },
    config: { tenant, state, revision: 1, spec, web, agents: new Map(agents.map((one) => [one.name, one])) },
    secrets: [...secrets].map(([name, value]) => sealSecret(ring, tenant, name, value)),
    opened: secrets,
  }
}

export const published = (observed: Observed, options?: Parameters<typeof publicationOf>[1]): Observed => ({
  ...observed,
  published: { ok: true, value: publicationOf(observed, options) },
})

/** What the source gives of a Secret. */
export const aSecretReading = (
  entries: Readonly<Record<string, string>> | undefined,
): Observed['secrets'] => {
  const value = entries && new Map(Object.entries(entries).map(([key, text]) => [key, new Secret(text)]))
  return new Map([['auth', { ok: true, value }]])
}
