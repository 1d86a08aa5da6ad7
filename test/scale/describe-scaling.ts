// A platform that is scaled by what a real Prometheus tells of it: the same for whatever asks Prometheus and sets the number
// of pods.
import assert from 'node:assert/strict'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import type { ClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { type PrometheusPart, startPrometheus } from '../../dev/parts/prometheus.ts'
import { queryNow } from '../charts/ask-prometheus.ts'
import { canHaveCluster } from '../cluster/borrowed-cluster.ts'
import { comeAlone, Crowd } from '../cluster/crowd.ts'
import { PodTargets } from '../cluster/pod-targets.ts'
import { Release, step } from '../cluster/release.ts'
import type { Person } from '../e2e/person.ts'
import { waitUntil } from '../support/wait-until.ts'

export interface Scaler {
  readonly name: string
  /** Of `scaling.kind`. */
  readonly kind: 'keda' | 'hpa'
  /** Further values of the chart, as `helm --set` takes them. */
  readonly values: (prometheusUrl: string) => readonly string[]
  readonly install: (folder: ClusterFolder, prometheusUrl: string) => Promise<void>
  readonly remove: (folder: ClusterFolder) => Promise<void>
  /** Name of the HorizontalPodAutoscaler of a Deployment. */
  readonly autoscalerOf: (deployment: string) => string
}

const people = 100
/** Turns of one tenant; a tenth of them would call for the second orchestrator. */
const backlog = 50
const inNamespace = ['-n', 'konstruct'] as const

const prometheusConfig = (targets: string): string => `
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - job_name: pods
    file_sd_configs: [{ files: [${targets}] }]
`

const scaling = (kind: Scaler['kind'], part: string, max: number): readonly string[] =>
  Object.entries({ kind, minReplicas: 1, maxReplicas: max, scaleDownSeconds: 15 }).map(
    ([name, value]) => `${part}.scaling.${name}=${value}`,
  )

interface Autoscaler {
  readonly status: {
    readonly desiredReplicas: number
    readonly currentMetrics?: readonly Readonly<
      Record<string, string | { readonly current: { readonly averageValue: string } }>
    >[]
  }
}

/** What the autoscaler saw per pod when it looked last, and how many pods it wanted for that. */
const seenBy = ({ status }: Autoscaler): string => {
  const values = (status.currentMetrics ?? [])
    .flatMap((metric) => Object.values(metric))
    .map((source) => (typeof source === 'string' ? [] : [source.current.averageValue]))
  return `${values.flat().join()} → ${status.desiredReplicas}`
}

class ScaledPlatform {
  readonly #scaler: Scaler
  /** What undoes what was done, the last first. */
  readonly #endings: (() => Promise<unknown>)[] = []
  #release: Release | undefined
  #prometheusUrl = ''

  constructor(scaler: Scaler) {
    this.#scaler = scaler
  }

  get release(): Release {
    assert.ok(this.#release)
    return this.#release
  }

  async begin(): Promise<void> {
    const release = await Release.prepare()
    this.#release = release
    this.#endings.unshift(() => release.end())
    const { url } = await this.#watch(release)
    const { folder } = release.cluster
    this.#endings.unshift(() => this.#scaler.remove(folder).catch(() => {}))
    await step(this.#scaler.name, () => this.#scaler.install(folder, url))
    const values = [
      ...scaling(this.#scaler.kind, 'gateway', 2),
      ...scaling(this.#scaler.kind, 'orchestrator', 3),
      'gateway.scaling.targetConnections=60',
      'orchestrator.capacity=8',
      ...this.#scaler.values(url),
    ]
    const settings = values.flatMap((value) => ['--set', value])
    await step('helm install --wait', () => release.install(settings))
    const removeTenants = ['delete', 'tenants,agents', '--all', '--timeout=60s']
    this.#endings.unshift(() => release.kubectl.run(...removeTenants).catch(() => ''))
  }

  async become(part: string, pods: number): Promise<void> {
    await step(`${part} at ${pods}`, async () => {
      const until = `${part} has ${pods} pods`
      const isSo = async (): Promise<boolean> => (await this.#ready(part)) === pods
      await waitUntil({ until, deadlineMs: 180_000, everyMs: 500 }, isSo)
    })
  }

  /** NaN when nobody tells. */
  async valueOf(expr: string): Promise<number> {
    return Number((await queryNow(this.#prometheusUrl, expr))[0]?.value[1])
  }

  async seenByAutoscalerOf(part: string): Promise<string> {
    const name = this.#scaler.autoscalerOf(`konstruct-${part}`)
    const text = await this.release.kubectl.run(...inNamespace, 'get', 'hpa', name, '-o', 'json')
    return seenBy(JSON.parse(text) as Autoscaler)
  }

  async end(): Promise<void> {
    for (const undo of this.#endings) await undo()
  }

  async #watch({ kubectl }: Release): Promise<PrometheusPart> {
    const targets = new PodTargets(kubectl)
    this.#endings.unshift(() => targets.end())
    const configuration = prometheusConfig(targets.file)
    const prometheus = await startPrometheus({ configuration, host: hostAddress })
    this.#endings.unshift(() => prometheus.stop())
    this.#prometheusUrl = prometheus.url
    return prometheus
  }

  /** 0 while some pods are not ready. */
  async #ready(part: string): Promise<number> {
    const path = 'jsonpath={.status.readyReplicas}/{.status.replicas}'
    const deployment = `deployment/konstruct-${part}`
    const found = await this.release.kubectl.run(...inNamespace, 'get', deployment, '-o', path)
    const [is, of] = found.split('/').map(Number)
    return is === of ? (is ?? 0) : 0
  }
}

export const describeScaling = (scaler: Scaler): void => {
  describe(`A platform that ${scaler.name} scales with its people`, function () {
    this.timeout(600_000)
    const platform = new ScaledPlatform(scaler)
    let visitor: Person | undefined
    let crowd: Crowd | undefined

    before(async function () {
      this.timeout(2_400_000)
      if (!canHaveCluster()) this.skip()
      await platform.begin()
      for (const part of ['gateway', 'orchestrator']) await platform.become(part, 1)
    })
    after(async function () {
      this.timeout(180_000)
      await visitor?.leave()
      await crowd?.leave()
      await platform.end()
    })

    it('adds no orchestrator for a tenant at its own limit, however much it has waiting', async () => {
      const { release } = platform
      await release.applyCrowdsTenant('narrow', 1)
      visitor = await comeAlone({ gateway: await release.gatewayUrl(), tenant: 'narrow' })
      for (let n = 0; n < backlog; n += 1) visitor.say(`Tell me something long, ${n}`)
      const isThere = async (): Promise<boolean> =>
        (await platform.valueOf('max(konstruct_turns_open)')) > backlog / 2
      await waitUntil({ until: 'there is a backlog', deadlineMs: 60_000, everyMs: 250 }, isThere).catch(
        (cause: Error) => assert.fail(`${cause.message} ${JSON.stringify(visitor?.said.at(-1)?.refusals)}`),
      )
      await step('the autoscaler looked', () =>
        waitUntil({ until: 'it sees one turn', deadlineMs: 60_000, everyMs: 500 }, async () => {
          return (await platform.seenByAutoscalerOf('orchestrator')) === '1 → 1'
        }),
      )
      assert.ok(await isThere())
      await visitor.leave()
      await release.kubectl.run('delete', 'tenant/narrow', 'agent/support', '--timeout=60s')
    })

    it('grows while they come and talk, and shrinks when they leave, without losing a message', async () => {
      await platform.release.applyCrowdsTenant('growing')
      const gateway = await platform.release.gatewayUrl()
      crowd = await Crowd.come({ gateway, tenant: 'growing', people })
      crowd.talk()
      await Promise.all([platform.become('gateway', 2), platform.become('orchestrator', 3)])
      const { messages } = await crowd.end()
      assert.ok(messages >= people)
      await Promise.all([platform.become('gateway', 1), platform.become('orchestrator', 1)])
    })
  })
}
