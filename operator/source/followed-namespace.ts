// The Tenants and Agents of one namespace, or of all at once: two reflectors that count as one. A namespace is known once
// both have read everything; until then its keys are held back, since a Tenant would be taken for one without Agents, and
// an Agent for one without a Tenant.
//
// A namespace that the API server does not let us read, because it was deleted and the Role in it too, or because its
// Role is not there yet, is asked again for ever and holds up no other.
import { Reflector, type ReflectorPorts } from '../kube/reflector.ts'
import type { ResourceKind } from '../validation/resource.ts'
import { tenantKey, tenantOfAgent, type OnKey, type SourceProblem } from './desired-source.ts'
import { resourceOf, type KonstructObject } from './kube-object.ts'

type KeyOf = (object: KonstructObject) => string | undefined

/** The key of the tenant that an object concerns. */
const tenantKeyOf: Readonly<Record<ResourceKind, KeyOf>> = {
  Tenant: ({ metadata: { namespace = '', name } }) => tenantKey(namespace, name),
  Agent: (object) => {
    const tenant = tenantOfAgent(object)
    return tenant === undefined ? undefined : tenantKey(object.metadata.namespace ?? '', tenant)
  },
}

/** A reconcile looks for the agents of its tenant, and for Tenants of the same name: thousands must not be gone through. */
const indexOf: Readonly<Record<ResourceKind, KeyOf>> = {
  Tenant: ({ metadata: { name } }) => name,
  Agent: tenantKeyOf.Agent,
}

const kinds: readonly ResourceKind[] = ['Tenant', 'Agent']

export class FollowedNamespace {
  /** Undefined: all. */
  readonly namespace: string | undefined
  readonly #reflectors: Readonly<Record<ResourceKind, Reflector<KonstructObject>>>
  /** Keys that were told before everything was read. */
  readonly #held = new Set<string>()
  #onKey: OnKey = () => {}

  constructor(ports: ReflectorPorts, namespace: string | undefined) {
    this.namespace = namespace
    const onKey: OnKey = (key, lane) => {
      if (this.isKnown) this.#onKey(key, lane)
      else this.#held.add(key)
    }
    const reflect = (kind: ResourceKind) =>
      new Reflector<KonstructObject>(ports, {
        resource: resourceOf(kind, namespace),
        keysOf: (object) => [tenantKeyOf[kind](object)].filter((key) => key !== undefined),
        indexOf: indexOf[kind],
        onKey,
      })
    this.#reflectors = { Tenant: reflect('Tenant'), Agent: reflect('Agent') }
  }

  /** Whether everything in it was read once. */
  get isKnown(): boolean {
    return this.#all.every((reflector) => reflector.hasSynced())
  }

  /** Whether the API server refused to let us read it when it was last asked. */
  get isForbidden(): boolean {
    return this.#all.some((reflector) => reflector.isForbidden())
  }

  get problems(): readonly SourceProblem[] {
    return kinds.flatMap((kind) => {
      const where = this.namespace === undefined ? kind : `${kind} in ${this.namespace}`
      const reflector = this.#reflectors[kind]
      if (reflector.isForbidden())
        return [
          {
            where,
            message:
              'The Kubernetes API refuses to let the operator read: is its Role there, and the namespace?',
          },
        ]
      return reflector.hasSynced() ? [] : [{ where, message: 'Not everything was read yet: see the log.' }]
    })
  }

  start(onKey: OnKey): void {
    this.#onKey = onKey
    for (const reflector of this.#all) reflector.start()
    void this.#tellHeld()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.stop()))
  }

  get(kind: ResourceKind, key: string): KonstructObject | undefined {
    return this.#reflectors[kind].get(key)
  }

  tenantsNamed(name: string): readonly KonstructObject[] {
    return this.#reflectors.Tenant.by(name)
  }

  /** @param key of their tenant */
  agentsOf(key: string): readonly KonstructObject[] {
    return this.#reflectors.Agent.by(key)
  }

  all(kind: ResourceKind): readonly KonstructObject[] {
    return this.#reflectors[kind].all()
  }

  get #all(): readonly Reflector<KonstructObject>[] {
    return kinds.map((kind) => this.#reflectors[kind])
  }

  async #tellHeld(): Promise<void> {
    await Promise.all(this.#all.map((reflector) => reflector.whenSynced()))
    for (const key of this.#held) this.#onKey(key, 'sweep')
    this.#held.clear()
  }
}
