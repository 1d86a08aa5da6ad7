// Desired state from a folder, for a laptop or a single server without Kubernetes. It does for the manifests there what
// the API server does: judges them by the same rules, gives them a UID and a generation, keeps status and finalizers.
//
// The folder is looked at four times a second, which works on every file system and in every container. An edit counts
// at once; what is gone counts only after a second, because editors and copies take files away for a moment. And
// nothing is taken for deleted that only cannot be read: a broken file, a missing folder, a folder without any file.
import { isDeepStrictEqual } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import type { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Clock } from '../loop/clock.ts'
import type { ResourceSchemas } from '../validation/resource-schemas.ts'
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
import { FolderSecrets } from './folder-secrets.ts'
import { ManifestFolder } from './manifest-folder.ts'
import type { Manifest } from './read-manifests.ts'
import { StateFolder } from './state-folder.ts'
import { applyManifest, deleteObject, dropFinalizer, objectId, type StoredObject } from './stored-object.ts'

interface FolderPorts {
  readonly schemas: ResourceSchemas
  readonly clock: Clock
  readonly log: Log
}

interface FolderOptions {
  /** Path of the folder with the manifests. */
  readonly manifests: string
  /** Path of the folder that keeps what manifests do not say. */
  readonly state: string
}

const lookEveryMs = 250
const goneAfterMs = 1_000

const kinds: readonly string[] = ['Tenant', 'Agent'] satisfies readonly ResourceKind[]

export class FolderSource implements DesiredSource {
  readonly #ports: FolderPorts
  readonly #folder: ManifestFolder
  readonly #state: StateFolder
  readonly #secrets = new FolderSecrets()
  readonly #objects: Map<string, StoredObject>
  /** When an object's manifest was first missed. */
  readonly #missedAt = new Map<string, number>()
  #synced = false
  #cancelLook: () => void = () => {}
  #onKey: OnKey = () => {}

  /** @throws Error when the state folder cannot be read or made */
  constructor(ports: FolderPorts, { manifests, state }: FolderOptions) {
    this.#ports = ports
    this.#folder = new ManifestFolder(manifests, ports.log)
    this.#state = new StateFolder(state)
    this.#objects = this.#state.load()
  }

  get hasSynced(): boolean {
    return this.#synced
  }

  knows(): boolean {
    return this.#synced
  }

  watch(onKey: OnKey): void {
    this.#onKey = onKey
    this.#lookOn()
  }

  tenants(): readonly DesiredTenant[] {
    return this.#all('Tenant')
  }

  tenant(namespace: string, name: string): DesiredTenant | undefined {
    return this.#objects.get(objectId({ kind: 'Tenant', namespace, name })) as DesiredTenant | undefined
  }

  tenantsNamed(name: string): readonly DesiredTenant[] {
    return this.tenants().filter((tenant) => tenant.name === name)
  }

  agentsOf(namespace: string, tenant: string): readonly DesiredAgent[] {
    return this.#all('Agent').filter(
      (agent) =>
        agent.namespace === namespace &&
        agent.deletedAt === undefined &&
        tenantOfAgent(agent.manifest) === tenant,
    )
  }

  async readSecret(namespace: string, name: string): Promise<ReadonlyMap<string, Secret> | undefined> {
    const secret = this.#secrets.get(namespace, name)
    if (secret !== undefined || this.#folder.isWhole) return secret
    throw new KonstructError('SECRET_UNAVAILABLE', {
      message: `The Secret ${name} may be in a file that cannot be read now.`,
    })
  }

  async writeStatus<Kind extends ResourceKind>(
    object: DesiredObject<Kind>,
    status: Statuses[Kind],
  ): Promise<void> {
    const current = this.#current(object)
    if (current !== undefined && !isDeepStrictEqual(current.status, status))
      this.#save({ ...current, status })
  }

  async addFinalizer(tenant: DesiredTenant): Promise<void> {
    const current = this.#current(tenant)
    if (current === undefined)
      throw new KonstructError('KUBE_CONFLICT', { message: 'The Tenant is gone or another one by now.' })
    if (!current.finalizers.includes(tenantFinalizer))
      this.#save({ ...current, finalizers: [...current.finalizers, tenantFinalizer] })
  }

  async removeFinalizer(tenant: DesiredTenant): Promise<void> {
    const current = this.#current(tenant)
    if (current !== undefined) this.#replace(current, dropFinalizer(current, tenantFinalizer))
  }

  async recordEvent(object: DesiredObject, event: ResourceEvent): Promise<void> {
    const about = objectId(object)
    try {
      this.#state.append({ at: this.#ports.clock.timeOfDay().toISOString(), object: about, ...event })
    } catch (error) {
      this.#ports.log.warn('event not written', { resource: about, reason: event.reason, error })
    }
  }

  problems(): readonly SourceProblem[] {
    const refused = [...this.#objects.values()].flatMap((object) =>
      object.refused.map(({ path, message }) => ({
        where: `${object.file}: ${objectId(object)}`,
        message: path === '' ? message : `${path}: ${message}`,
      })),
    )
    return [...this.#folder.problems, ...refused]
  }

  async close(): Promise<void> {
    this.#cancelLook()
  }

  #lookOn(): void {
    try {
      this.#look()
    } catch (error) {
      this.#ports.log.warn('state not kept', { error })
    }
    this.#cancelLook = this.#ports.clock.after(lookEveryMs, () => this.#lookOn())
  }

  /** @throws Error when the state folder cannot be written: the next look tries again */
  #look(): void {
    const manifests = this.#folder.look()
    if (manifests === undefined) return
    const namespaces = this.#secrets.replace(manifests)
    const wanted = this.#takeObjects(manifests)
    for (const object of this.#objects.values()) this.#keepOrMiss(object, wanted)
    if (!this.#synced) this.#wakeAll()
    this.#synced = true
    for (const tenant of this.tenants()) if (namespaces.has(tenant.namespace)) this.#wake(tenant)
  }

  /** Gives the ids that the folder asks for. The first manifest of an id counts. */
  #takeObjects(manifests: readonly Manifest[]): ReadonlySet<string> {
    const wanted = new Set<string>()
    for (const manifest of manifests) {
      const id = objectId(manifest)
      if (!kinds.includes(manifest.kind) || wanted.has(id)) continue
      wanted.add(id)
      const before = this.#objects.get(id)
      // One that is being deleted goes first; its successor, with a UID of its own, comes with a later look.
      if (before?.deletedAt !== undefined) continue
      this.#replace(before, applyManifest(this.#ports.schemas, manifest, before))
    }
    return wanted
  }

  #keepOrMiss(object: StoredObject, wanted: ReadonlySet<string>): void {
    const id = objectId(object)
    if (wanted.has(id) || this.#folder.isBroken(object.file)) {
      this.#missedAt.delete(id)
      return
    }
    const now = this.#ports.clock.now()
    const since = this.#missedAt.get(id) ?? now
    this.#missedAt.set(id, since)
    if (now - since >= goneAfterMs) this.#replace(object, deleteObject(object))
  }

  #all<Kind extends ResourceKind>(kind: Kind): readonly DesiredObject<Kind>[] {
    const objects: readonly DesiredObject[] = [...this.#objects.values()]
    return objects.filter((object): object is DesiredObject<Kind> => object.kind === kind)
  }

  #current(object: DesiredObject): StoredObject | undefined {
    const current = this.#objects.get(objectId(object))
    return current?.uid === object.uid ? current : undefined
  }

  #save(object: StoredObject): void {
    this.#state.save(object)
    this.#objects.set(objectId(object), object)
  }

  /** Takes a change over, tells it and wakes the tenant. */
  #replace(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const object = after ?? before
    if (before === after || object === undefined) return
    if (after !== undefined) this.#save(after)
    else {
      this.#state.remove(object)
      this.#objects.delete(objectId(object))
      this.#missedAt.delete(objectId(object))
    }
    for (const { path, message } of object.refused)
      this.#ports.log.warn('resource refused', { resource: objectId(object), reason: `${path}: ${message}` })
    this.#wake(object)
  }

  /** What the first look has not changed is told, too. */
  #wakeAll(): void {
    for (const object of this.#objects.values()) this.#wake(object)
  }

  #wake(object: DesiredObject): void {
    const tenant = object.kind === 'Tenant' ? object.name : tenantOfAgent(object.manifest)
    if (tenant !== undefined)
      this.#onKey(tenantKey(object.namespace, tenant), this.#synced ? 'change' : 'sweep')
  }
}
