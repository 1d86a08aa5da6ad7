// Real KEDA asks a real Prometheus, and takes the platform to the size that people need.
import assert from 'node:assert/strict'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import { installKeda, removeKeda } from '../../dev/cluster/install-keda.ts'
import { startPrometheus } from '../../dev/parts/prometheus.ts'
import { waitUntil } from '../support/wait-until.ts'
import { canHaveCluster } from '../cluster/borrowed-cluster.ts'
import { Crowd } from '../cluster/crowd.ts'
import { PodTargets } from '../cluster/pod-targets.ts'
import { Release, step } from '../cluster/release.ts'

const people = 100
const silent = (): void => {}

const prometheusConfig = (targets: string): string => `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - job_name: pods
    file_sd_configs: [{ files: [${targets}] }]
`

const scaling = (part: string, max: number): readonly string[] =>
  Object.entries({ kind: 'keda', minReplicas: 1, maxReplicas: max, scaleDownSeconds: 15 }).map(
    ([name, value]) => `${part}.scaling.${name}=${value}`,
  )

describe('A platform that scales with its people', function () {
  this.timeout(600_000)
  let release: Release
  let crowd: Crowd | undefined
  let targets: PodTargets | undefined
  let prometheus: Awaited<ReturnType<typeof startPrometheus>> | undefined

  before(async function () {
    this.timeout(2_400_000)
    if (!canHaveCluster()) this.skip()
    release = await Release.prepare()
    const { folder } = release.cluster
    await step('KEDA', () => installKeda(folder, silent))
    targets = new PodTargets(release.kubectl)
    prometheus = await startPrometheus({
      configuration: prometheusConfig(targets.file),
      host: hostAddress,
    })
    const values = [
      ...scaling('gateway', 2),
      ...scaling('orchestrator', 3),
      'gateway.scaling.targetConnections=60',
      'orchestrator.capacity=8',
      'keda.pollingSeconds=5',
      `keda.prometheusAddress=${prometheus.url}`,
    ]
    await step('helm install --wait', () => release.install(values.flatMap((value) => ['--set', value])))
    await release.applyCrowdsTenant('growing')
  })
  after(async function () {
    this.timeout(180_000)
    await crowd?.leave()
    await prometheus?.stop()
    await targets?.end()
    const ending = release as Release | undefined
    if (ending === undefined) return
    await ending.kubectl.run('delete', 'tenant', 'growing', '--timeout=60s').catch(() => '')
    await removeKeda(ending.cluster.folder, silent).catch(() => {})
    await ending.end()
  })

  const ready = async (part: string): Promise<number> => {
    const path = 'jsonpath={.status.readyReplicas}/{.status.replicas}'
    const found = await release.kubectl.run(
      '-n',
      'konstruct',
      'get',
      `deployment/konstruct-${part}`,
      '-o',
      path,
    )
    const [is, of] = found.split('/').map(Number)
    return is === of ? (is ?? 0) : 0
  }
  const become = (part: string, pods: number): Promise<void> =>
    step(`${part} at ${pods}`, async () => {
      const until = `${part} has ${pods} pods`
      await waitUntil({ until, deadlineMs: 180_000, everyMs: 500 }, async () => (await ready(part)) === pods)
    })

  it('grows while they come and talk, and shrinks when they leave, without losing a message', async () => {
    for (const part of ['gateway', 'orchestrator']) await become(part, 1)
    crowd = await Crowd.come({ gateway: await release.gatewayUrl(), tenant: 'growing', people })
    crowd.talk()
    await Promise.all([become('gateway', 2), become('orchestrator', 3)])
    const { messages } = await crowd.end()
    assert.ok(messages >= people)
    await Promise.all([become('gateway', 1), become('orchestrator', 1)])
  })
})
