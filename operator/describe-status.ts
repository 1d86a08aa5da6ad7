// What `GET /status` of the admin port tells: every tenant with its agents and their conditions, and what is wrong with
// the source. For standalone it is what kubectl is on Kubernetes.
import type { Condition } from '../services/shared/domain/resources/tenant.ts'
import type { DesiredObject, DesiredSource, SourceProblem } from './source/desired-source.ts'

interface ObjectReport {
  readonly namespace: string
  readonly name: string
  readonly generation: number
  readonly observedGeneration: number | undefined
  readonly deletedAt: string | undefined
  /** `Unknown` until it was judged, and whenever a newer generation was not. */
  readonly ready: Condition['status']
  readonly conditions: readonly Condition[]
}

export interface StatusReport {
  readonly synced: boolean
  readonly tenants: readonly (ObjectReport & { readonly agents: readonly ObjectReport[] })[]
  readonly problems: readonly SourceProblem[]
}

const describeObject = (object: DesiredObject): ObjectReport => {
  const { namespace, name, generation, deletedAt, status } = object
  const conditions = status?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  const isCurrent = status?.observedGeneration === generation
  return {
    namespace,
    name,
    generation,
    observedGeneration: status?.observedGeneration,
    deletedAt,
    ready: isCurrent && ready !== undefined ? ready.status : 'Unknown',
    conditions,
  }
}

export const describeStatus = (source: DesiredSource): StatusReport => ({
  synced: source.hasSynced,
  tenants: source.tenants().map((tenant) => ({
    ...describeObject(tenant),
    agents: source.agentsOf(tenant.namespace, tenant.name).map(describeObject),
  })),
  problems: source.problems(),
})
