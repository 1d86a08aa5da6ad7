// Desired state from the Kubernetes API. Tenants and Agents are followed by watches; Secrets are read one at a time and
// never watched, so that the operator needs no right to list them.
//
// What we wrote is known before the watch tells it: until then `#written` stands in for what the watch has, so that no
// reconcile judges by a status or a finalizer of before its own last write.
import { isDeepStrictEqual } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { EventRecorder } from '../kube/event-recorder.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizers.ts'
import type { KubeClient } from '../kube/kube-client.ts'
import type { KubeMetrics } from '../kube/kube-metrics.ts'
import { keyOf, type KubeObject } from '../kube/resource.ts'
import type { Clock } from '../loop/clock.ts'
import type { ResourceKind } from '../validation/resource.ts'
import {
  tenantFinalizer,
  tenantKey,
  tenantOfAgent,
  type DesiredAgent,
  type DesiredObject,
  type DesiredSource,
  type DesiredTenant,
  type OnKey,
  type ResourceEvent,
  type SourceProblem,
  type Statuses,
} from './desired-source.ts'
import { FollowedNamespace } from './followed-namespace.ts'
import { isNewer, resourceOf, toDesiredObject, type KonstructObject } from './kube-object.ts'

interface KubernetesPorts {
  readonly client: KubeClient
  readonly metrics: KubeMetrics
  readonly clock: Clock
  readonly log: Log
}

interface KubernetesOptions {
  /** To watch; empty: all. */
  readonly namespaces: readonly string[]
  /** Which process tells in events: the pod's name. */
  readonly instance: string
}

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const secretResource = (namespace: string) =>
  ({ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespace }) as const

const isCode = (thrown: unknown, code: string): boolean =>
  thrown instanceof KonstructError && thrown.code === code

export class KubernetesSource implements DesiredSource {
  readonly #ports: KubernetesPorts
  readonly #recorder: EventRecorder
  readonly #followed: readonly FollowedNamespace[]
  readonly #written: Readonly<Record<ResourceKind, Map<string, KonstructObject>>> = {
    Tenant: new Map(),
    Agent: new Map(),
  }

  constructor(ports: KubernetesPorts, { namespaces, instance }: KubernetesOptions) {
    this.#ports = ports
    this.#recorder = new EventRecorder({ ...ports, instance })
    const scopes = namespaces.length === 0 ? [undefined] : namespaces
    this.#followed = scopes.map((namespace) => new FollowedNamespace(ports, namespace))
    ports.metrics.watchNamespaces(() => this.#readable())
  }

  get hasSynced(): boolean {
    const unknown = this.#followed.filter(({ isKnown }) => !isKnown)
    return unknown.length < this.#followed.length && unknown.every(({ isForbidden }) => isForbidden)
  }

  knows(namespace: string): boolean {
    return this.#followed.some((one) => one.isKnown && (one.namespace ?? namespace) === namespace)
  }

  watch(onKey: OnKey): void {
    for (const followed of this.#followed) followed.start(onKey)
  }

  tenants(): readonly DesiredTenant[] {
    return this.#read('Tenant', (followed) => followed.all('Tenant'))
  }

  tenantsNamed(name: string): readonly DesiredTenant[] {
    return this.#read('Tenant', (followed) => followed.tenantsNamed(name))
  }

  tenant(namespace: string, name: string): DesiredTenant | undefined {
    const object = this.#get('Tenant', `${namespace}/${name}`)
    return object && toDesiredObject('Tenant', object)
  }

  agentsOf(namespace: string, tenant: string): readonly DesiredAgent[] {
    const key = tenantKey(namespace, tenant)
    return this.#read('Agent', (followed) => followed.agentsOf(key)).filter(
      (agent) => agent.deletedAt === undefined && tenantOfAgent(agent.manifest) === tenant,
    )
  }

  async readSecret(
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Secret> | undefined> {
    const found = await this.#ports.client.get<SecretObject>(secretResource(namespace), name, signal)
    if (found === undefined) return undefined
    const entries = Object.entries(found.data ?? {})
    return new Map(
      entries.map(([key, value]) => [key, new Secret(Buffer.from(value, 'base64').toString('utf8'))]),
    )
  }

  async writeStatus<Kind extends ResourceKind>(
    object: DesiredObject<Kind>,
    status: Statuses[Kind],
    signal: AbortSignal,
  ): Promise<void> {
    const current = this.#current(object)
    if (current === undefined || isDeepStrictEqual(current.status, status)) return
    const { name, resourceVersion } = current.metadata
    const wanted = {
      metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      status,
    }
    const { client } = this.#ports
    await this.#write(object, () =>
      client.applyStatus(resourceOf(object.kind, object.namespace), wanted, signal),
    )
  }

  async addFinalizer(tenant: DesiredTenant): Promise<void> {
    const current = this.#current(tenant)
    if (current === undefined)
      throw new KonstructError('KUBE_CONFLICT', { message: 'The Tenant is gone or another one by now.' })
    // One that is gone by now is an error here: what would be published for it, nobody would ever take away.
    this.#remember(tenant, await addFinalizer(this.#finalizerPorts(tenant), current, tenantFinalizer))
  }

  async removeFinalizer(tenant: DesiredTenant): Promise<void> {
    const current = this.#current(tenant)
    if (current === undefined) return
    await this.#write(tenant, () => removeFinalizer(this.#finalizerPorts(tenant), current, tenantFinalizer))
  }

  async recordEvent(object: DesiredObject, { type, reason, message }: ResourceEvent): Promise<void> {
    const { kind, namespace, name, uid } = object
    const resourceVersion = this.#current(object)?.metadata.resourceVersion
    const metadata = { name, namespace, uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    const about: KubeObject = { apiVersion: 'konstruct.dev/v1alpha1', kind, metadata }
    this.#recorder.record(about, { type, reason, action: 'Reconcile', note: message })
  }

  problems(): readonly SourceProblem[] {
    return this.#followed.flatMap(({ problems }) => problems)
  }

  async close(): Promise<void> {
    await Promise.all(this.#followed.map((followed) => followed.stop()))
    await this.#recorder.settled()
  }

  #readable(): ReadonlyMap<string, boolean> {
    return new Map(
      this.#followed.map(({ namespace = '', isKnown, isForbidden }) => [namespace, isKnown && !isForbidden]),
    )
  }

  #finalizerPorts({ kind, namespace }: DesiredTenant) {
    return { client: this.#ports.client, resource: resourceOf(kind, namespace) }
  }

  #read<Kind extends ResourceKind>(
    kind: Kind,
    look: (followed: FollowedNamespace) => readonly KonstructObject[],
  ): readonly DesiredObject<Kind>[] {
    return this.#followed
      .flatMap(look)
      .map((object) => toDesiredObject(kind, this.#get(kind, keyOf(object)) ?? object))
  }

  #get(kind: ResourceKind, key: string): KonstructObject | undefined {
    const seen = this.#followed.map((followed) => followed.get(kind, key)).find((one) => one !== undefined)
    const written = this.#written[kind].get(key)
    if (written === undefined) return seen
    if (seen !== undefined && isNewer(written, seen)) return written
    this.#written[kind].delete(key)
    return seen
  }

  #current({ kind, namespace, name, uid }: DesiredObject): KonstructObject | undefined {
    const current = this.#get(kind, `${namespace}/${name}`)
    return current?.metadata.uid === uid ? current : undefined
  }

  #remember({ kind, namespace, name }: DesiredObject, written: KonstructObject): void {
    this.#written[kind].set(`${namespace}/${name}`, written)
  }

  /** Writes, and remembers the answer. An object that is gone meanwhile is not missed. */
  async #write(object: DesiredObject, write: () => Promise<KonstructObject>): Promise<void> {
    try {
      this.#remember(object, await write())
    } catch (thrown) {
      if (!isCode(thrown, 'KUBE_NOT_FOUND')) throw thrown
    }
  }
}
