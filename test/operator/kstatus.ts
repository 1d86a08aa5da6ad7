// The rules by which kstatus (and so Helm, Flux and Argo CD) tells what has become of a resource of a kind that it does
// not know: sigs.k8s.io/cli-utils, pkg/kstatus/README.md.
import type { KubeObject } from '../../operator/kube/resource.ts'
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'

export interface StatusObject extends KubeObject {
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

export type Kstatus = 'InProgress' | 'Failed' | 'Terminating' | 'Current'

export const kstatus = ({ metadata, status }: StatusObject): Kstatus => {
  const is = (type: string, wanted: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === wanted) ?? false
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation)
    return 'InProgress'
  if (is('Reconciling', 'True')) return 'InProgress'
  if (is('Stalled', 'True')) return 'Failed'
  return is('Ready', 'False') || is('Ready', 'Unknown') ? 'InProgress' : 'Current'
}
