// Desired state from a folder, for a laptop or a single server without Kubernetes. It does for the manifests there what
// the API server does: judges them by the same rules, gives them a UID and a generation, keeps status and finalizers.
//
// The folder is looked at four times a second, which works on every file system and in every container. An edit counts
// at once; what is gone counts only after a second, because editors and copies take files away for a moment. And
// nothing is taken for deleted that only cannot be read: a broken file, a missing folder, a folder without any manifest.
import { isDeepStrictEqual } from 'node:util'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import type { Lane } from '../loop/work-queue.ts'
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
import { type Manifest, type ManifestFiles, readManifests } from './read-manifests.ts'
import { type JournalEntry, StateFolder } from './state-folder.ts'
import { applyManifest, deleteObject, dropFinalizer, objectId, type StoredObject } from './stored-object.ts'

interface FolderPorts {
  readonly schemas: ResourceSchemas
  readonly log: Log
}

interface FolderOptions {
  readonly manifests: string
  readonly state: string
}

const scanEveryMs = 250
const goneAfterMs = 1_000

export class FolderSource implements DesiredSource {
  readonly #ports: FolderPorts
  readonly #folder: string
  readonly #state: StateFolder
  readonly #objects: Map<string, StoredObject>
  /** When an object's manifest was first missed, in milliseconds. */
  readonly #missedAt = new Map<string, number>()
  #files: ManifestFiles = new Map()
  #secrets: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()
  #problems: readonly SourceProblem[] = []
  #synced = false
  #timer: NodeJS.Timeout | undefined
  #onKey: OnKey = () => {}

  /** @throws Error when the state folder cannot be read or made */
  constructor(ports: FolderPorts, { manifests, state }: FolderOptions) {
    this.#ports = ports
    this.#folder = manifests
    this.#state = new StateFolder(state)
    this.#objects = this.#state.load()
  }

  get hasSynced(): boolean {
    return this.#synced
  }

  watch(onKey: OnKey): void {
    this.#onKey = onKey
    for (const object of this.#objects.values()) this.#wake(object, 'sweep')
    const scan = (): void => {
      this.#scan()
      this.#timer = setTimeout(scan, scanEveryMs)
    }
    scan()
  }

  tenants(): readonly DesiredTenant[] {
    return this.#all('Tenant')
  }

  tenant(namespace: string, name: string): DesiredTenant | undefined {
    return this.#objects.get(objectId({ kind: 'Tenant', namespace, name })) as DesiredTenant | undefined
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
    const entries = this.#secrets.get(objectId({ kind: 'Secret', namespace, name }))
    if (entries !== undefined) return new Map([...entries].map(([key, value]) => [key, new Secret(value)]))
    if (this.#isWhole()) return undefined
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
    if (current === undefined) return
    this.#replace(current, dropFinalizer(current, tenantFinalizer), 'change')
  }

  async recordEvent(object: DesiredObject, event: ResourceEvent): Promise<void> {
    const entry: JournalEntry = { at: new Date().toISOString(), object: objectId(object), ...event }
    try {
      this.#state.append(entry)
    } catch (error) {
      this.#ports.log.warn('event not written', { resource: entry.object, reason: event.reason, error })
    }
  }

  problems(): readonly SourceProblem[] {
    const refused = [...this.#objects.values()].flatMap((object) =>
      object.refused.map(({ path, message }) => ({
        where: `${object.file}: ${objectId(object)}`,
        message: path === '' ? message : `${path}: ${message}`,
      })),
    )
    return [...this.#problems, ...refused]
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
  }

  #all<Kind extends ResourceKind>(kind: Kind): readonly DesiredObject<Kind>[] {
    const objects: readonly DesiredObject[] = [...this.#objects.values()]
    return objects.filter((object): object is DesiredObject<Kind> => object.kind === kind)
  }

  #current(object: DesiredObject): StoredObject | undefined {
    const current = this.#objects.get(objectId(object))
    return current?.uid === object.uid ? current : undefined
  }

  #isWhole(): boolean {
    return this.#files.size > 0 && ![...this.#files.values()].some(({ broken }) => broken)
  }

  /** One look at the folder. A look that fails changes nothing and is told. */
  #scan(): void {
    try {
      this.#files = readManifests(this.#folder, this.#files)
      const manifests = [...this.#files.values()].flatMap((file) => file.manifests)
      const problems = [...this.#files.values()].flatMap((file) => file.problems)
      this.#takeSecrets(manifests)
      const wanted = this.#takeObjects(manifests)
      this.#tell([...problems, ...this.#sweep(wanted)])
      this.#synced ||= this.#files.size > 0
    } catch (error) {
      this.#tell([{ where: this.#folder, message: `The folder cannot be read: ${(error as Error).message}` }])
    }
  }

  #takeSecrets(manifests: readonly Manifest[]): void {
    const secrets = manifests.filter(({ kind }) => kind === 'Secret')
    const before = this.#secrets
    this.#secrets = new Map(secrets.map((secret) => [objectId(secret), entriesOf(secret)]))
    const changed = new Set([...before.keys(), ...this.#secrets.keys()])
    for (const id of changed)
      if (!isDeepStrictEqual(before.get(id), this.#secrets.get(id)))
        this.#wakeNamespace(id.split('/')[1] ?? '')
  }

  #wakeNamespace(namespace: string): void {
    for (const tenant of this.tenants())
      if (tenant.namespace === namespace) this.#onKey(tenantKey(namespace, tenant.name), 'change')
  }

  /** Gives the ids that the folder asks for. The first manifest of an id counts. */
  #takeObjects(manifests: readonly Manifest[]): ReadonlySet<string> {
    const wanted = new Set<string>()
    const kinds: readonly string[] = ['Tenant', 'Agent'] satisfies readonly ResourceKind[]
    for (const manifest of manifests) {
      const id = objectId(manifest)
      if (!kinds.includes(manifest.kind) || wanted.has(id)) continue
      wanted.add(id)
      const before = this.#objects.get(id)
      // One that is being deleted goes first; its successor, with a UID of its own, comes with a later look.
      if (before?.deletedAt !== undefined) continue
      this.#replace(before, applyManifest(this.#ports.schemas, manifest, before), 'change')
    }
    return wanted
  }

  /** Deletes what was missed for long enough; gives what stands in the way. */
  #sweep(wanted: ReadonlySet<string>): readonly SourceProblem[] {
    const missed = [...this.#objects.values()].filter((object) => !wanted.has(objectId(object)))
    for (const id of wanted) this.#missedAt.delete(id)
    if (this.#files.size === 0)
      return [
        {
          where: this.#folder,
          message: 'There is no manifest. To delete everything, leave a file without resources here.',
        },
      ]
    for (const object of missed) this.#miss(object)
    return []
  }

  #miss(object: StoredObject): void {
    if (this.#files.get(object.file)?.broken === true) return
    const since = this.#missedAt.get(objectId(object)) ?? performance.now()
    this.#missedAt.set(objectId(object), since)
    if (performance.now() - since >= goneAfterMs) this.#replace(object, deleteObject(object), 'change')
  }

  #tell(problems: readonly SourceProblem[]): void {
    if (isDeepStrictEqual(problems, this.#problems)) return
    this.#problems = problems
    for (const { where, message } of problems)
      this.#ports.log.warn('manifests not read', { resource: where, reason: message })
    if (problems.length === 0) this.#ports.log.info('manifests are read again')
  }

  #save(object: StoredObject): void {
    this.#state.save(object)
    this.#objects.set(objectId(object), object)
  }

  #replace(before: StoredObject | undefined, after: StoredObject | undefined, lane: Lane): void {
    const object = after ?? before
    if (before === after || object === undefined) return
    if (after !== undefined) this.#save(after)
    else {
      this.#state.remove(object)
      this.#objects.delete(objectId(object))
    }
    this.#tellRefusal(object)
    this.#wake(object, this.#synced ? lane : 'sweep')
  }

  #tellRefusal(object: StoredObject): void {
    for (const { path, message } of object.refused)
      this.#ports.log.warn('resource refused', { resource: objectId(object), reason: `${path}: ${message}` })
  }

  #wake(object: StoredObject, lane: Lane): void {
    const tenant = object.kind === 'Tenant' ? object.name : tenantOfAgent(object.manifest)
    if (tenant !== undefined) this.#onKey(tenantKey(object.namespace, tenant), lane)
  }
}

const decode = (value: unknown): string => Buffer.from(String(value), 'base64').toString('utf8')

/** As the API server merges them: `stringData` wins over `data`, which is base64. */
const entriesOf = ({ content: { data, stringData } }: Manifest): ReadonlyMap<string, string> =>
  new Map([
    ...Object.entries(data ?? {}).map(([key, value]): [string, string] => [key, decode(value)]),
    ...Object.entries(stringData ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ])
