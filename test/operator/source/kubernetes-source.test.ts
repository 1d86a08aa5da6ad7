import { randomBytes } from 'node:crypto'
import { Registry } from 'prom-client'
import { connectKube } from '../../../operator/kube/connection.ts'
import { KubeClient } from '../../../operator/kube/kube-client.ts'
import { createKubeMetrics } from '../../../operator/kube/kube-metrics.ts'
import { systemClock } from '../../../operator/loop/clock.ts'
import { KubernetesSource } from '../../../operator/source/kubernetes-source.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { keepsTheContractOfADesiredSource, type OpenSource } from '../../contracts/desired-source.ts'
import { aNamespace, manifestsOf } from '../manifests.ts'
import { type AnApiServer, anApiServer } from '../on-kubernetes.ts'

describe('The Kubernetes API as the source of desired state', function () {
  this.timeout(30_000)
  let server: AnApiServer

  before(async function () {
    this.timeout(600_000)
    server = await anApiServer()
  })
  after(() => server.close())

  const openKubernetes = async (): Promise<OpenSource> => {
    const namespace = `test-${randomBytes(4).toString('hex')}`
    const elsewhere = `${namespace}-elsewhere`
    await server.apply(manifestsOf(aNamespace(namespace), aNamespace(elsewhere)))
    const connection = connectKube(server.kube.kubeconfig)
    const metrics = createKubeMetrics(new Registry())
    const client = new KubeClient({ connection, metrics })
    const source = new KubernetesSource(
      { client, metrics, clock: systemClock, log: silentLog },
      { namespaces: [namespace, elsewhere], instance: 'test' },
    )
    return {
      source,
      namespace,
      elsewhere,
      put: async (...resources) => void (await server.apply(manifestsOf(...resources))),
      remove: async (kind, name) =>
        void (await server.kubectl('-n', namespace, 'delete', kind, name, '--wait=false')),
      eventsOf: async (name) => {
        const path = `{range .items[?(@.regarding.name=="${name}")]}{.reason}{"\\n"}{end}`
        const args = ['-n', namespace, 'get', 'events.events.k8s.io', '-o', `jsonpath=${path}`]
        return (await server.kubectl(...args)).split('\n')
      },
      close: async () => {
        await source.close()
        await connection.close()
      },
    }
  }

  keepsTheContractOfADesiredSource(openKubernetes)
})
