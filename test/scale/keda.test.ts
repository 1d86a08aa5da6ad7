// Real KEDA on a real cluster: npm run test:cluster. It is taken out again, and the cluster too when it was not up.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import { applyObject } from '../../dev/cluster/kubectl.ts'
import { removeKeda } from '../../dev/cluster/install-keda.ts'
import { pauseImage } from '../../dev/cluster/node-programs.ts'
import { waitUntil } from '../support/wait-until.ts'
import { type BorrowedCluster, borrowCluster, canHaveCluster } from '../cluster/borrowed-cluster.ts'
import { runCluster } from '../cluster/cluster-command.ts'

const namespace = 'keda-proof'
const name = 'sleeper'

const sleeper = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { name } },
    template: {
      metadata: { labels: { name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name, image: pauseImage }] },
    },
  },
}

/** One pod for each 10 that the server says. */
const scaledObject = (port: number) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name, namespace },
  spec: {
    scaleTargetRef: { name },
    pollingInterval: 1,
    cooldownPeriod: 1,
    minReplicaCount: 1,
    maxReplicaCount: 2,
    advanced: {
      horizontalPodAutoscalerConfig: { behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } },
    },
    triggers: [
      {
        type: 'metrics-api',
        metadata: { url: `http://${hostAddress}:${port}/`, valueLocation: 'waiting', targetValue: '10' },
      },
    ],
  },
})

describe('KEDA on a cluster of one’s own', function () {
  // The first time it is built.
  this.timeout(1_800_000)
  let cluster: BorrowedCluster | undefined
  const waiting = { count: 0 }
  const asked = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ waiting: waiting.count }))
  })

  before(async function () {
    if (!canHaveCluster()) this.skip()
    cluster = await borrowCluster()
    await once(asked.listen(0, hostAddress), 'listening')
  })

  after(async () => {
    asked.closeAllConnections()
    asked.close()
    if (cluster === undefined) return
    await cluster.kubectl.run('delete', 'namespace', namespace, '--ignore-not-found')
    await cluster.giveBack()
  })

  it('is installed on request, also a second time', async () => {
    for (const time of ['first', 'second']) {
      const { code, output } = await runCluster('keda')
      assert.equal(code, 0, output)
      process.stdout.write(`${time}\n${output}`)
    }
  })

  it('scales by a number that a server tells, and back', async () => {
    assert.ok(cluster)
    const { kubectl, folder } = cluster
    const { port } = asked.address() as AddressInfo
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
    const items = [space, sleeper, scaledObject(port)]
    await applyObject(kubectl, folder.path, { apiVersion: 'v1', kind: 'List', items })
    const ready = ['wait', '--for=condition=Ready', `scaledobject/${name}`, '--timeout=30s']
    await kubectl.run('-n', namespace, ...ready)
    const until = async (count: number): Promise<void> => {
      const path = 'jsonpath={.spec.replicas} {.status.readyReplicas}'
      const since = performance.now()
      await waitUntil({ until: `${count} pods run`, deadlineMs: 60_000, everyMs: 250 }, async () => {
        const seen = await kubectl.run('-n', namespace, 'get', 'deployment', name, '-o', path)
        return seen === `${count} ${count}`
      })
      process.stdout.write(`${count} after ${((performance.now() - since) / 1_000).toFixed(1)} s\n`)
    }
    await until(1)
    waiting.count = 20
    await until(2)
    waiting.count = 0
    await until(1)
  })

  it('is taken out whole', async () => {
    assert.ok(cluster)
    const { kubectl, folder } = cluster
    await removeKeda(folder, () => {})
    await removeKeda(folder, () => {})
    const kinds = 'crd,apiservice,clusterrole,clusterrolebinding,namespace'
    assert.doesNotMatch(await kubectl.run('get', kinds, '-o', 'name'), /keda(?!-proof)|external\.metrics/)
  })
})
