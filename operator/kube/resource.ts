// What the client needs to know of a kind to find it, and of an object to handle it. The rest of an object is
// its owner's business.

export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Left out: all namespaces, or a kind that has none. */
  readonly namespace?: string
  /** Reads and watches leave out all but the metadata, so that what a Secret holds never comes here. */
  readonly metadataOnly?: true
}

/** The part that the operator reads. Without Kubernetes only `name` is sure to be there. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
}

export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export const apiVersionOf = ({ group, version }: Resource): string =>
  group === '' ? version : `${group}/${version}`

/** `namespace/name`, or `name` for a kind without namespaces. */
export const keyOf = ({ metadata: { namespace, name } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

/** The path of the collection, of one object in it, or of that object's subresource. */
export const pathOf = (resource: Resource, name?: string, subresource?: string): string =>
  [
    resource.group === '' ? '/api' : `/apis/${resource.group}`,
    resource.version,
    ...(resource.namespace === undefined ? [] : ['namespaces', resource.namespace]),
    resource.plural,
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ...(subresource === undefined ? [] : [subresource]),
  ].join('/')
