// A finalizer holds an object back from being deleted until we let go. The patch names the version it builds on, so
// that it can neither undo another's change nor touch a namesake that came after.
import type { KubeClient } from './kube-client.ts'
import type { KubeObject, Resource } from './resource.ts'

interface FinalizerPorts {
  readonly client: Pick<KubeClient, 'patch'>
  readonly resource: Resource
}

/**
 * Does nothing when the finalizer is there already.
 * @returns the object as it is then
 * @throws KonstructError `KUBE_CONFLICT` when the object changed meanwhile
 */
export const addFinalizer = async <Kind extends KubeObject>(
  ports: FinalizerPorts,
  object: Kind,
  finalizer: string,
): Promise<Kind> => {
  const { finalizers = [] } = object.metadata
  return finalizers.includes(finalizer) ? object : setFinalizers(ports, object, [...finalizers, finalizer])
}

/** Does nothing when the finalizer is not there. The last one to go lets a deleted object go. */
export const removeFinalizer = async <Kind extends KubeObject>(
  ports: FinalizerPorts,
  object: Kind,
  finalizer: string,
): Promise<Kind> => {
  const { finalizers = [] } = object.metadata
  if (!finalizers.includes(finalizer)) return object
  const rest = finalizers.filter((each) => each !== finalizer)
  return setFinalizers(ports, object, rest)
}

const setFinalizers = <Kind extends KubeObject>(
  { client, resource }: FinalizerPorts,
  { metadata: { name, resourceVersion } }: KubeObject,
  finalizers: readonly string[],
): Promise<Kind> =>
  client.patch<Kind>(resource, {
    metadata: {
      name,
      finalizers,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  })
