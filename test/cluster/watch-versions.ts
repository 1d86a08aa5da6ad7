// Every version of a resource that the API server tells of, from its creation on, as those see it who wait for it.
import { type KonstructObject, resourceOf } from '../../operator/source/kube-object.ts'
import type { ResourceKind } from '../../operator/validation/resource.ts'
import { openClient } from '../operator/kube/a-kube.ts'
import { kstatus, type Kstatus, type StatusObject } from '../operator/kstatus.ts'

export interface Version {
  readonly kstatus: Kstatus
  /** Ready is true, and that was said of this generation. */
  readonly isReady: boolean
}

export interface Watched {
  /** In order; it grows while they are watched. */
  readonly versions: readonly Version[]
  stop(): Promise<void>
}

interface Place {
  readonly kubeconfig: string
  readonly kind: ResourceKind
  readonly namespace: string
  readonly name: string
}

const versionOf = (object: StatusObject): Version => {
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
  const isReady = ready?.status === 'True' && ready.observedGeneration === object.metadata.generation
  return { kstatus: kstatus(object), isReady }
}

/** Resolves once the watch goes on from now: what is created after that is seen from its first version. */
export const watchVersions = async ({ kubeconfig, kind, namespace, name }: Place): Promise<Watched> => {
  const { connection, client } = openClient(kubeconfig)
  const resource = resourceOf(kind, namespace)
  const { resourceVersion } = await client.list(resource)
  const stop = new AbortController()
  const versions: Version[] = []
  const follow = async (): Promise<void> => {
    const options = { resourceVersion, timeoutSeconds: 300, silenceMs: 300_000 }
    for await (const { type, object } of client.watch<KonstructObject>(resource, options, stop.signal))
      if (type !== 'BOOKMARK' && object.metadata.name === name)
        versions.push(versionOf(object as StatusObject))
  }
  const followed = follow().catch((thrown: unknown) => {
    if (!stop.signal.aborted) throw thrown
  })
  followed.catch(() => {}) // told by whoever stops it
  return {
    versions,
    stop: async () => {
      stop.abort()
      await connection.close()
      await followed
    },
  }
}
