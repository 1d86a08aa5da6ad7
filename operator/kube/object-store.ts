// The objects of one kind as they were last seen, by `namespace/name` and by an index of its owner's choice. They are frozen, since many readers share them,
// and without managedFields, which nobody here reads and which are half of an object's size.
import { keyOf, type KubeObject } from './resource.ts'

export interface Change<Kind extends KubeObject> {
  readonly before: Kind | undefined
  readonly after: Kind | undefined
}

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
}

const slim = <Kind extends KubeObject>(object: Kind): Kind => {
  const metadata: Record<string, unknown> = { ...object.metadata }
  delete metadata['managedFields']
  const slimmed = { ...object, metadata } as unknown as Kind
  freeze(slimmed)
  return slimmed
}

export class ObjectStore<Kind extends KubeObject> {
  readonly #objects = new Map<string, Kind>()
  readonly #indexOf: (object: Kind) => string | undefined
  /** By what `indexOf` says: the keys of the objects. */
  readonly #index = new Map<string, Set<string>>()

  /** @param indexOf what an object is found by beside its key; left out: nothing */
  constructor(indexOf: (object: Kind) => string | undefined = () => undefined) {
    this.#indexOf = indexOf
  }

  get(key: string): Kind | undefined {
    return this.#objects.get(key)
  }

  all(): readonly Kind[] {
    return [...this.#objects.values()]
  }

  by(index: string): readonly Kind[] {
    const keys = [...(this.#index.get(index) ?? [])]
    return keys.map((key) => this.#objects.get(key)).filter((object) => object !== undefined)
  }

  put(object: Kind): Change<Kind> {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    const after = slim(object)
    this.#unindex(before, key)
    this.#objects.set(key, after)
    const index = this.#indexOf(after)
    if (index !== undefined) this.#index.set(index, (this.#index.get(index) ?? new Set()).add(key))
    return { before, after }
  }

  remove(object: KubeObject): Change<Kind> {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    this.#unindex(before, key)
    this.#objects.delete(key)
    return { before, after: undefined }
  }

  /** These are all there are; what is here besides them is gone. */
  replace(objects: readonly Kind[]): readonly Change<Kind>[] {
    const keys = new Set(objects.map(keyOf))
    const gone = this.all().filter((object) => !keys.has(keyOf(object)))
    return [...gone.map((object) => this.remove(object)), ...objects.map((object) => this.put(object))]
  }

  #unindex(object: Kind | undefined, key: string): void {
    const index = object && this.#indexOf(object)
    const keys = index === undefined ? undefined : this.#index.get(index)
    if (index === undefined || keys === undefined) return
    keys.delete(key)
    if (keys.size === 0) this.#index.delete(index)
  }
}

const metaOf = ({ metadata }: KubeObject): string => {
  const { deletionTimestamp, labels, annotations, finalizers } = metadata
  return JSON.stringify([deletionTimestamp, labels, annotations, finalizers])
}

/**
 * Whether a change is worth a reconcile. A kind that counts generations changes its status without: that is our own
 * doing and must not wake us. Any other kind is worth a look whenever it was written.
 */
export const isWorthALook = ({ before, after }: Change<KubeObject>): boolean => {
  if (before === undefined || after === undefined) return before !== after
  const [old, now] = [before.metadata, after.metadata]
  if (old.uid !== now.uid) return true
  if (now.generation === undefined) return old.resourceVersion !== now.resourceVersion
  return old.generation !== now.generation || metaOf(before) !== metaOf(after)
}
