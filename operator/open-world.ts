// Opens what the configuration names: where Tenants come from, and how the operators of one installation agree on who
// leads. Both are the Kubernetes API, or neither is.
import type { Log } from '../services/shared/runtime/log.ts'
import type { OperatorConfig } from './config.ts'
import { alwaysLeads, type Leadership } from './leadership.ts'
import type { LoopMetrics } from './loop/metrics.ts'
import type { DesiredSource } from './source/desired-source.ts'
import { FolderSource } from './source/folder-source.ts'
import type { ResourceSchemas } from './validation/resource-schemas.ts'

interface WorldPorts {
  readonly schemas: ResourceSchemas
  readonly metrics: LoopMetrics
  readonly log: Log
}

export interface World {
  readonly source: DesiredSource
  readonly leadership: Leadership
}

export const openWorld = ({ schemas, metrics, log }: WorldPorts, config: OperatorConfig): World => {
  const source = new FolderSource({ schemas, log }, { manifests: config.manifests, state: config.stateDir })
  return { source, leadership: alwaysLeads(metrics) }
}
