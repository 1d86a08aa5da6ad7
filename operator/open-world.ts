// Opens what the configuration names: where Tenants come from, and how the operators of one installation agree on who
// leads. Both are the Kubernetes API, or neither is.
import type { Registry } from 'prom-client'
import type { Log } from '../services/shared/runtime/log.ts'
import type { OperatorConfig } from './config.ts'
import { alwaysLeads, type Leadership } from './leadership.ts'
import { systemClock } from './loop/clock.ts'
import type { LoopMetrics } from './loop/metrics.ts'
import type { DesiredSource } from './source/desired-source.ts'
import { FolderSource } from './source/folder-source.ts'
import type { ResourceSchemas } from './validation/resource-schemas.ts'

export interface WorldPorts {
  readonly schemas: ResourceSchemas
  readonly registry: Registry
  readonly metrics: LoopMetrics
  readonly log: Log
}

export interface World {
  readonly source: DesiredSource
  readonly leadership: Leadership
  close(): Promise<void>
}

const openFolder = ({ schemas, metrics, log }: WorldPorts, config: OperatorConfig): World => {
  const source = new FolderSource(
    { schemas, clock: systemClock, log },
    { manifests: config.manifests, state: config.stateDir },
  )
  return { source, leadership: alwaysLeads(metrics), close: () => source.close() }
}

/**
 * Kubernetes' client takes half a second of CPU to load, which an operator on a folder need not wait for.
 * @throws Error when the credentials or the state folder cannot be read
 */
export const openWorld = async (ports: WorldPorts, config: OperatorConfig): Promise<World> => {
  if (config.source === 'folder') return openFolder(ports, config)
  const { openKubernetes } = await import('./open-kubernetes.ts')
  return openKubernetes(ports, config)
}
