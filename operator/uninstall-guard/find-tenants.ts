// Finds the Tenants that an operator of these namespaces looks after.
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { KubeClient } from '../kube/kube-client.ts'
import { keyOf, type KubeObject, type Resource } from '../kube/resource.ts'

const tenants: Resource = {
  group: 'konstruct.dev',
  version: 'v1alpha1',
  kind: 'Tenant',
  plural: 'tenants',
  metadataOnly: true,
}

/** `namespace/name` of each. No namespaces: of all. A cluster that has no such resource has no Tenants. */
export const findTenants = async (
  client: KubeClient,
  namespaces: readonly string[],
): Promise<readonly string[]> => {
  const places: readonly Resource[] =
    namespaces.length === 0 ? [tenants] : namespaces.map((namespace) => ({ ...tenants, namespace }))
  const lists = await Promise.all(places.map((place) => listUnlessUnknown(client, place)))
  return lists.flat().map(keyOf)
}

const listUnlessUnknown = async (client: KubeClient, place: Resource): Promise<readonly KubeObject[]> => {
  try {
    return (await client.list(place)).items
  } catch (thrown) {
    if (thrown instanceof KonstructError && thrown.code === 'KUBE_NOT_FOUND') return []
    throw thrown
  }
}

/** How many are named; the rest are counted. */
const named = 5

interface Removed {
  /** Those that the operator looks after; none: all. */
  readonly namespaces: readonly string[]
  readonly release: string
  readonly releaseNamespace: string
}

/** What to tell whoever removes the chart; null when nothing stands against it. */
export const refusalOf = (
  remaining: readonly string[],
  { namespaces, release, releaseNamespace }: Removed,
): string | null => {
  if (remaining.length === 0) return null
  const more = remaining.length > named ? ` and ${remaining.length - named} more` : ''
  const places =
    namespaces.length === 0 ? ['--all-namespaces'] : namespaces.map((name) => `--namespace=${name}`)
  const ofRelease = (command: string): string => `helm ${command} --namespace=${releaseNamespace}`
  return [
    `Konstruct stays: ${remaining.length} Tenants remain (${remaining.slice(0, named).join(', ')}${more}).`,
    'Without the operator nobody could finish their deletion. Delete them first:',
    ...places.map((place) => `  kubectl delete tenants --all ${place}`),
    'or, to keep Tenants for another installation, remove the chart with --no-hooks.',
    'To keep the release instead, roll it back to where it is: Helm counts it as being removed now, and upgrades it no more.',
    `  ${ofRelease(`rollback ${release} <revision>`)}`,
    `with the revision that \`${ofRelease(`history ${release}`)}\` calls uninstalling.`,
  ].join('\n')
}
