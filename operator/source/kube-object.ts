// A Tenant or an Agent as the API server has it, and as the reconciler wants it.
import type { KubeObject, Resource } from '../kube/resource.ts'
import { apiVersion, type ResourceKind } from '../validation/resource.ts'
import type { DesiredObject, Statuses } from './desired-source.ts'

export interface KonstructObject extends KubeObject {
  readonly spec?: unknown
  readonly status?: unknown
}

const [group = '', version = ''] = apiVersion.split('/')
const plurals: Readonly<Record<ResourceKind, string>> = { Tenant: 'tenants', Agent: 'agents' }

/** @param namespace left out: all */
export const resourceOf = (kind: ResourceKind, namespace?: string): Resource => ({
  group,
  version,
  kind,
  plural: plurals[kind],
  ...(namespace === undefined ? {} : { namespace }),
})

/** Versions of the API server's objects are numbers that grow, of one kind also across objects. */
export const isNewer = (one: KonstructObject, other: KonstructObject): boolean =>
  BigInt(one.metadata.resourceVersion ?? 0) > BigInt(other.metadata.resourceVersion ?? 0)

const known = new WeakMap<KonstructObject, DesiredObject>()

/** The same object for the same object: they are frozen. */
export const toDesiredObject = <Kind extends ResourceKind>(
  kind: Kind,
  object: KonstructObject,
): DesiredObject<Kind> => {
  const found = known.get(object) ?? convert(kind, object)
  known.set(object, found)
  return found as DesiredObject<Kind>
}

const convert = <Kind extends ResourceKind>(kind: Kind, object: KonstructObject): DesiredObject<Kind> => {
  const { metadata, spec, status } = object
  return {
    kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    createdAt: metadata.creationTimestamp ?? '',
    deletedAt: metadata.deletionTimestamp,
    finalizers: metadata.finalizers ?? [],
    manifest: { apiVersion, kind, metadata, ...(spec === undefined ? {} : { spec }) },
    refused: [],
    status: status as Statuses[Kind] | undefined,
  }
}
