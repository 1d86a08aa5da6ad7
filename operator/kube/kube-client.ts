// What the operator asks of the API server, for any kind. Raw JSON on purpose: typed clients drop fields they do not
// know. A status is written by server-side apply under one field manager, so that a field we no longer want goes away and
// others' fields stay; finalizers and the counts of events by a merge patch; Leases and events are created and replaced
// whole. A write that must hit the very object that was read carries its `metadata.resourceVersion`:
// a uid is no use for that, the server ignores it in a status and calls it an invalid change elsewhere.
//
// Failures are KonstructErrors: `KUBE_FORBIDDEN` (403), `KUBE_NOT_FOUND` (404), `KUBE_CONFLICT` (409), `KUBE_EXPIRED` (410),
// `KUBE_UNAVAILABLE` (not reached, 401, 408, 429, 5xx; with the wait that the server asked for) and `KUBE_REFUSED` (the rest).
// Nothing waits in here: a worker that slept would hold its key; the queue knows how to wait.
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { askKube, openCall, type Call, type CallPorts } from './call-kube.ts'
import { apiVersionOf, pathOf, type KubeObject, type ObjectMeta, type Resource } from './resource.ts'
import { readWatch, type WatchEvent } from './watch-stream.ts'

export interface KubeList<Kind extends KubeObject> {
  readonly items: readonly Kind[]
  /** Where a watch goes on. */
  readonly resourceVersion: string
}

interface Page<Kind extends KubeObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  /** Null: an empty list of which only the metadata was asked for. */
  readonly items: readonly Kind[] | null
}

export interface WatchOptions {
  readonly resourceVersion: string
  /** After which the server ends the watch. */
  readonly timeoutSeconds: number
  /** The watch ends when nothing, not even a bookmark, came for so long. */
  readonly silenceMs: number
}

/** An object as we want it: its name and our own fields. `apiVersion` and `kind` come from the resource. */
export interface Wanted extends KubeObject {
  readonly [field: string]: unknown
}

const fieldManager = 'konstruct-operator'
const pageSize = 500

export class KubeClient {
  readonly #ports: CallPorts

  constructor(ports: CallPorts) {
    this.#ports = ports
  }

  /** `undefined` when there is none. */
  async get<Kind extends KubeObject>(
    resource: Resource,
    name: string,
    signal?: AbortSignal,
  ): Promise<Kind | undefined> {
    const accept = acceptOf(resource, 'PartialObjectMetadata')
    const call = { method: 'GET', path: pathOf(resource, name), accept, signal } as const
    return askKube<Kind | undefined>(this.#ports, call).catch(unlessMissing)
  }

  /** All of it, read in pages; in one piece when the pages grew too old while they were read. */
  async list<Kind extends KubeObject>(resource: Resource, signal?: AbortSignal): Promise<KubeList<Kind>> {
    try {
      return await this.#listPages<Kind>(resource, { limit: String(pageSize) }, signal)
    } catch (thrown) {
      if (!(thrown instanceof KonstructError) || thrown.code !== 'KUBE_EXPIRED') throw thrown
      return this.#listPages<Kind>(resource, {}, signal)
    }
  }

  /** Changes from a version on, until the server ends it or is silent; throws when it breaks, or `KUBE_EXPIRED`. */
  async *watch<Kind extends KubeObject>(
    resource: Resource,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<Kind>> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(options.timeoutSeconds),
    }
    const accept = acceptOf(resource, 'PartialObjectMetadata')
    const call = { method: 'GET', path: pathOf(resource), query, accept, signal } as const
    const response = await openCall(this.#ports, { ...call, silenceMs: options.silenceMs })
    yield* readWatch<Kind>(response.body)
  }

  /** Creates or changes the object so that our fields are exactly these. With a `resourceVersion`, only of that. */
  apply<Kind extends KubeObject>(resource: Resource, object: Wanted, signal?: AbortSignal): Promise<Kind> {
    return this.#apply<Kind>(resource, object, { path: pathOf(resource, object.metadata.name), signal })
  }

  /** As `apply`, of the status alone: `object` is `{metadata, status}`. It never creates. */
  applyStatus<Kind extends KubeObject>(
    resource: Resource,
    { metadata, status }: Wanted,
    signal?: AbortSignal,
  ): Promise<Kind> {
    const path = pathOf(resource, metadata.name, 'status')
    return this.#apply<Kind>(resource, { metadata, status }, { path, signal })
  }

  /** A JSON merge patch. With a `resourceVersion`, only of that. */
  patch<Kind extends KubeObject>(resource: Resource, patch: Wanted, signal?: AbortSignal): Promise<Kind> {
    const path = pathOf(resource, patch.metadata.name)
    return askKube<Kind>(this.#ports, {
      method: 'PATCH',
      path,
      query: { fieldManager },
      type: 'merge-patch+json',
      body: patch,
      signal,
    })
  }

  /** Fails with `KUBE_CONFLICT` when there is one already. */
  create<Kind extends KubeObject>(resource: Resource, object: Wanted, signal?: AbortSignal): Promise<Kind> {
    return this.#write<Kind>(resource, object, { method: 'POST', path: pathOf(resource), signal })
  }

  /** Needs `metadata.resourceVersion`, and fails with `KUBE_CONFLICT` when there is a newer one. */
  replace<Kind extends KubeObject>(resource: Resource, object: Wanted, signal?: AbortSignal): Promise<Kind> {
    return this.#write<Kind>(resource, object, {
      method: 'PUT',
      path: pathOf(resource, object.metadata.name),
      signal,
    })
  }

  /** Deletes that very object; nothing happens when it is gone already. */
  async delete(resource: Resource, { metadata }: KubeObject, signal?: AbortSignal): Promise<void> {
    const body = metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } }
    const call = { method: 'DELETE', path: pathOf(resource, metadata.name), type: 'json', body } as const
    await askKube(this.#ports, { ...call, signal }).catch(unlessMissing)
  }

  async #listPages<Kind extends KubeObject>(
    resource: Resource,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<KubeList<Kind>> {
    const accept = acceptOf(resource, 'PartialObjectMetadataList')
    const call = { method: 'GET', path: pathOf(resource), accept, signal } as const
    const items: Kind[] = []
    let page = await askKube<Page<Kind>>(this.#ports, { ...call, query })
    items.push(...(page.items ?? []))
    while (page.metadata.continue !== undefined && page.metadata.continue !== '') {
      const next = { ...query, continue: page.metadata.continue }
      page = await askKube<Page<Kind>>(this.#ports, { ...call, query: next })
      items.push(...(page.items ?? []))
    }
    return { items, resourceVersion: page.metadata.resourceVersion }
  }

  #apply<Kind extends KubeObject>(
    resource: Resource,
    { metadata, ...fields }: Wanted,
    where: { readonly path: string; readonly signal: AbortSignal | undefined },
  ): Promise<Kind> {
    return askKube<Kind>(this.#ports, {
      ...where,
      method: 'PATCH',
      query: { fieldManager, force: 'true' },
      type: 'apply-patch+yaml',
      body: { ...fields, ...typeOf(resource), metadata: ownMeta(metadata) },
    })
  }

  #write<Kind extends KubeObject>(
    resource: Resource,
    object: Wanted,
    call: Pick<Call, 'method' | 'path' | 'signal'>,
  ): Promise<Kind> {
    const body = { ...object, ...typeOf(resource) }
    return askKube<Kind>(this.#ports, { ...call, query: { fieldManager }, type: 'json', body })
  }
}

const typeOf = (resource: Resource) => ({ apiVersion: apiVersionOf(resource), kind: resource.kind })

/** What an apply may say; the rest of the metadata is the server's. */
const ownMeta = (metadata: ObjectMeta) => {
  const { name, namespace, resourceVersion, labels, annotations, finalizers } = metadata
  return { name, namespace, resourceVersion, labels, annotations, finalizers }
}

const acceptOf = (
  resource: Resource,
  shape: 'PartialObjectMetadata' | 'PartialObjectMetadataList',
): string =>
  resource.metadataOnly === true ? `application/json;as=${shape};g=meta.k8s.io;v=v1` : 'application/json'

const unlessMissing = (thrown: unknown): undefined => {
  if (thrown instanceof KonstructError && thrown.code === 'KUBE_NOT_FOUND') return undefined
  throw thrown
}
