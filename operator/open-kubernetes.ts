// The world on Kubernetes: Tenants from its API, and a Lease that decides who leads.
import { randomUUID } from 'node:crypto'
import type { OperatorConfig } from './config.ts'
import { connectKube } from './kube/connection.ts'
import { KubeClient } from './kube/kube-client.ts'
import { createKubeMetrics } from './kube/kube-metrics.ts'
import { createLeaseStore } from './kube/lease-store.ts'
import { electedBy, leaseName } from './leadership.ts'
import { systemClock } from './loop/clock.ts'
import type { World, WorldPorts } from './open-world.ts'
import { KubernetesSource } from './source/kubernetes-source.ts'

/** @throws Error when the credentials cannot be read */
export const openKubernetes = ({ registry, metrics, log }: WorldPorts, config: OperatorConfig): World => {
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
