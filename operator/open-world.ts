// Opens what the configuration names: where Tenants come from, and how the operators of one installation agree on who
// leads. Both are the Kubernetes API, or neither is.
import { randomUUID } from 'node:crypto'
import type { Registry } from 'prom-client'
import type { Log } from '../services/shared/runtime/log.ts'
import type { OperatorConfig } from './config.ts'
import { connectKube } from './kube/connection.ts'
import { KubeClient } from './kube/kube-client.ts'
import { createKubeMetrics } from './kube/kube-metrics.ts'
import { createLeaseStore } from './kube/lease-store.ts'
import { alwaysLeads, electedBy, type Leadership, leaseName } from './leadership.ts'
import { systemClock } from './loop/clock.ts'
import type { LoopMetrics } from './loop/metrics.ts'
import type { DesiredSource } from './source/desired-source.ts'
import { FolderSource } from './source/folder-source.ts'
import { KubernetesSource } from './source/kubernetes-source.ts'
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

const openKubernetes = ({ registry, metrics, log }: WorldPorts, config: OperatorConfig): World => {
  const clock = systemClock
  const connection = connectKube(config.kubeconfig === '' ? undefined : config.kubeconfig)
  const kubeMetrics = createKubeMetrics(registry)
  const client = new KubeClient({ connection, metrics: kubeMetrics })
  const source = new KubernetesSource(
    { client, metrics: kubeMetrics, clock, log },
    { namespaces: config.namespaces, instance: config.podName },
  )
  const namespace = config.namespace === '' ? connection.namespace : config.namespace
  const store = createLeaseStore(client, { namespace, name: leaseName })
  const leadership = electedBy({ store, clock, log, metrics }, `${config.podName}_${randomUUID()}`)
  const close = async (): Promise<void> => {
    await source.close()
    await connection.close()
  }
  return { source, leadership, close }
}

/** @throws Error when the credentials or the state folder cannot be read */
export const openWorld = (ports: WorldPorts, config: OperatorConfig): World =>
  config.source === 'folder' ? openFolder(ports, config) : openKubernetes(ports, config)
