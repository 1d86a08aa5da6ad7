// What a folder source keeps of a resource beside its manifest, as the API server would: identity, generation,
// finalizers, status. All changes are pure functions, in the API server's meaning.
import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ResourceSchemas } from '../validation/resource-schemas.ts'
import type { ResourceKind, Resources } from '../validation/resource.ts'
import { validateResource } from '../validation/validate-resource.ts'
import type { DesiredObject } from './desired-source.ts'
import type { Manifest } from './read-manifests.ts'

export interface StoredObject extends DesiredObject {
  /** Where its manifest is, so that a file that cannot be read deletes nothing. */
  readonly file: string
  /** The newest version as it was written, taken over or not. */
  readonly asked: unknown
}

export const objectId = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }) =>
  `${kind}/${namespace}/${name}`

const isRefused = ({ refused }: StoredObject): boolean => refused.length > 0

/** Takes a version over if it is valid; else keeps the last valid one, if there was one. */
const take = (schemas: ResourceSchemas, manifest: Manifest, before: StoredObject | undefined) => {
  const kind = manifest.kind as ResourceKind
  const metadata = manifest.content['metadata'] as object
  const content = { ...manifest.content, metadata: { ...metadata, namespace: manifest.namespace } }
  const old = before === undefined || isNeverTaken(before) ? undefined : before.manifest
  const validation = validateResource(schemas, kind, content, old as Resources[ResourceKind] | undefined)
  return validation.ok
    ? { manifest: validation.resource, refused: [] }
    : { manifest: old ?? content, refused: validation.problems }
}

/** No version was ever valid: the manifest that it carries is the refused one itself. */
const isNeverTaken = (object: StoredObject): boolean =>
  isRefused(object) && isDeepStrictEqual(withNamespace(object), object.manifest)

const withNamespace = ({ asked, namespace }: StoredObject): unknown => {
  const { metadata } = asked as { metadata: object }
  return { ...(asked as object), metadata: { ...metadata, namespace } }
}

/** The object that a manifest asks for; the same one when nothing changed. */
export const applyManifest = (
  schemas: ResourceSchemas,
  manifest: Manifest,
  before: StoredObject | undefined,
): StoredObject => {
  if (before === undefined) return createObject(schemas, manifest)
  const { file, content } = manifest
  if (isDeepStrictEqual(before.asked, content)) return before.file === file ? before : { ...before, file }
  const taken = take(schemas, manifest, before)
  return { ...before, ...taken, generation: before.generation + 1, file, asked: content }
}

const createObject = (schemas: ResourceSchemas, manifest: Manifest): StoredObject => {
  const { kind, namespace, name, file, content } = manifest
  return {
    kind: kind as ResourceKind,
    namespace,
    name,
    uid: randomUUID(),
    generation: 1,
    createdAt: new Date().toISOString(),
    deletedAt: undefined,
    finalizers: [],
    status: undefined,
    file,
    asked: content,
    ...take(schemas, manifest, undefined),
  }
}

/** Its manifest is gone: it is deleted, or marked so while a finalizer keeps it. */
export const deleteObject = (object: StoredObject): StoredObject | undefined => {
  if (object.finalizers.length === 0) return undefined
  if (object.deletedAt !== undefined) return object
  return { ...object, generation: object.generation + 1, deletedAt: new Date().toISOString() }
}

/** Without the finalizer; undefined when nothing keeps the object any longer. */
export const dropFinalizer = (object: StoredObject, finalizer: string): StoredObject | undefined => {
  const finalizers = object.finalizers.filter((one) => one !== finalizer)
  return object.deletedAt !== undefined && finalizers.length === 0 ? undefined : { ...object, finalizers }
}
