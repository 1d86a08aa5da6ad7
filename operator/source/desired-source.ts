// Where the desired state comes from: the Kubernetes API, or a folder of the same manifests. The reconciler knows
// only this port, so both ways are one behaviour.
//
// Everything is about the key of a tenant: an Agent that changes is a change of its tenant. Reads come from memory and
// cost nothing; writes go out and may fail, and what they wrote is what the next read gives.
import type { Lane } from '../loop/work-queue.ts'
import type { AgentStatus } from '../../services/shared/domain/resources/agent.ts'
import type { TenantStatus } from '../../services/shared/domain/resources/tenant.ts'
import type { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Problem } from '../validation/problem.ts'
import type { ResourceKind } from '../validation/resource.ts'

export interface Statuses {
  readonly Tenant: TenantStatus
  readonly Agent: AgentStatus
}

/** A resource as its source has it. Its manifest is what was asked for, of any shape: `desire` judges it. */
export interface DesiredObject<Kind extends ResourceKind = ResourceKind> {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  /** RFC 3339. */
  readonly createdAt: string
  /** Set once its deletion was asked for; the object stays until its finalizers are gone. */
  readonly deletedAt: string | undefined
  readonly finalizers: readonly string[]
  readonly manifest: unknown
  /** Why the newest version was not taken over; `manifest` is then the last one that was. Kubernetes has none. */
  readonly refused: readonly Problem[]
  readonly status: Statuses[Kind] | undefined
}

export type DesiredTenant = DesiredObject<'Tenant'>
export type DesiredAgent = DesiredObject<'Agent'>

/** What people read with `kubectl describe`. Holds no secret. */
export interface ResourceEvent {
  readonly type: 'Normal' | 'Warning'
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
}

/** What is wrong with the source itself, such as a file that cannot be read. */
export interface SourceProblem {
  readonly where: string
  readonly message: string
}

export type OnKey = (key: string, lane: Lane) => void

export interface DesiredSource {
  /** Whether everything that we may read was read at least once, and that is not nothing. */
  readonly hasSynced: boolean
  /** Whether everything in the namespace was read at least once; before that nothing in it may be taken for deleted. */
  knows(namespace: string): boolean
  /** Begins to follow; `onKey` gets the key of each tenant of a namespace once it is known, and of each that changes. */
  watch(onKey: OnKey): void
  tenants(): readonly DesiredTenant[]
  tenant(namespace: string, name: string): DesiredTenant | undefined
  /** In whatever namespace. */
  tenantsNamed(name: string): readonly DesiredTenant[]
  /** The agents that name this tenant, whether it exists or not, without those that are being deleted. */
  agentsOf(namespace: string, tenant: string): readonly DesiredAgent[]
  /**
   * The keys of a Secret; undefined when there is no such Secret.
   * @throws KonstructError whenever it cannot be told
   */
  readSecret(
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Secret> | undefined>
  /** Replaces the status if it is different. An object that is gone meanwhile is no error. */
  writeStatus<Kind extends ResourceKind>(
    object: DesiredObject<Kind>,
    status: Statuses[Kind],
    signal: AbortSignal,
  ): Promise<void>
  /** Keeps the tenant from going before we let it. @throws KonstructError when it is gone, or another one by now (UID). */
  addFinalizer(tenant: DesiredTenant, signal: AbortSignal): Promise<void>
  /** Lets the tenant go; one that is gone, or another one by now (UID), is left alone. */
  removeFinalizer(tenant: DesiredTenant, signal: AbortSignal): Promise<void>
  /** Tells people. It never fails: an event that cannot be written is only logged. */
  recordEvent(object: DesiredObject, event: ResourceEvent): Promise<void>
  problems(): readonly SourceProblem[]
  close(): Promise<void>
}

export const tenantFinalizer = 'konstruct.dev/tenant'

/** A queue's key: namespace and name of a Tenant, of which neither can hold a slash. */
export const tenantKey = (namespace: string, tenant: string): string => `${namespace}/${tenant}`

export const parseTenantKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}

/** The tenant that the manifest of an agent names; undefined when it names none. */
export const tenantOfAgent = (manifest: unknown): string | undefined => {
  const { spec } = (manifest ?? {}) as { readonly spec?: { readonly tenant?: unknown } | null }
  return typeof spec?.tenant === 'string' ? spec.tenant : undefined
}
