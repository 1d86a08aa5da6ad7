// A release of the chart on a real cluster, next to a PostgreSQL, a Redis and a Kafka that run outside of it, as managed
// ones would, and with a model that answers there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import { applyObject, type Kubectl } from '../../dev/cluster/kubectl.ts'
import { fetchHelm } from '../../dev/cluster/fetch-programs.ts'
import { clusterLoad } from '../../dev/cluster/load.ts'
import { type DemoModel, startDemoModel } from '../../dev/demo-model/demo-model.ts'
import { runCommand } from '../../dev/parts/run-command.ts'
import { type BorrowedCluster, borrowCluster } from './borrowed-cluster.ts'
import { type OutsideStores, startOutsideStores } from './outside-stores.ts'

const namespace = 'konstruct'
const modelPort = 4010
const silent = (): void => {}

/** Prints a line of the report. */
export const tell = (text: string): void => {
  process.stdout.write(`      ${text}\n`)
}

/** Does a step, and prints how long it took. */
export const step = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
  const since = performance.now()
  const result = await work()
  tell(`${name}: ${((performance.now() - since) / 1_000).toFixed(1)} s`)
  return result
}

const valuesFor = ({ postgres, redis, brokers }: OutsideStores) => {
  const secret = { existingSecret: 'konstruct' }
  return {
    database: { owner: secret, operator: secret, app: secret, port: postgres.port },
    redis: { ...secret, port: redis.port },
    keys: secret,
    kafka: { brokers: [...brokers], replication: 1 },
    networkPolicy: {
      stores: { to: [{ ipBlock: { cidr: `${hostAddress}/32` } }] },
      // Prometheus runs outside as well.
      metricsFrom: [{ ipBlock: { cidr: `${hostAddress}/32` } }],
      models: { to: [{ ipBlock: { cidr: `${hostAddress}/32` } }], ports: [modelPort] },
    },
    // A whole crowd comes from one address here.
    gateway: { drainSeconds: 3, extraEnv: [{ name: 'KONSTRUCT_VISITORS_BURST', value: '10000' }] },
    orchestrator: { drainSeconds: 10 },
  }
}

const crowdsTenant = (name: string, model: string, maxConcurrentTurns: number) => [
  {
    apiVersion: 'konstruct.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name, namespace: 'default' },
    spec: {
      displayName: name,
      deletionPolicy: 'Delete',
      models: [{ name: 'default', openAICompatible: { baseURL: model, model: 'demo' } }],
      channels: { web: { defaultAgent: 'support', auth: { anonymous: {} } } },
      limits: {
        rates: [{ channel: 'web', messagesPerMinute: 60_000, burst: 1_000 }],
        maxConcurrentTurns,
        maxWaitingTurns: 1_000,
      },
    },
  },
  {
    apiVersion: 'konstruct.dev/v1alpha1',
    kind: 'Agent',
    metadata: { name: 'support', namespace: 'default' },
    spec: { tenant: name, displayName: 'Ava', instructions: 'You are Ava.' },
  },
]

export class Release {
  readonly cluster: BorrowedCluster
  readonly model: DemoModel
  readonly stores: OutsideStores
  readonly #crowdsTenants: string[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'konstruct-release-'))

  private constructor(cluster: BorrowedCluster, stores: OutsideStores, model: DemoModel) {
    this.cluster = cluster
    this.stores = stores
    this.model = model
  }

  /**
   * A cluster with the image and the Secret, and the stores outside; the chart is not installed yet. What fails leaves
   * nothing behind.
   */
  static async prepare(): Promise<Release> {
    const begun: (() => Promise<unknown>)[] = []
    try {
      return await Release.#begin(begun)
    } catch (thrown) {
      for (const end of begun.toReversed()) await end()
      throw thrown
    }
  }

  static async #begin(begun: (() => Promise<unknown>)[]): Promise<Release> {
    const cluster = await step('cluster', borrowCluster)
    begun.push(() => cluster.giveBack())
    const [stores, model] = await step('stores and model outside', async () => {
      const outside = await startOutsideStores()
      begun.push(() => outside.end())
      const demoModel = await startDemoModel({ host: hostAddress, port: modelPort })
      begun.push(() => demoModel.close())
      return [outside, demoModel] as const
    })
    await step('image', () => clusterLoad(cluster.folder, { report: silent }))
    const release = new Release(cluster, stores, model)
    await release.#makeSecret()
    return release
  }

  get kubectl(): Kubectl {
    return this.cluster.kubectl
  }

  /** Of the gateway's Service. */
  async gatewayUrl(): Promise<string> {
    const path = 'jsonpath={.spec.clusterIP}'
    return `http://${await this.kubectl.run('-n', namespace, 'get', 'service', 'konstruct-gateway', '-o', path)}`
  }

  async helm(...args: readonly string[]): Promise<string> {
    return runCommand({
      doing: `helm ${args[0] ?? ''}`,
      command: await fetchHelm(silent),
      args: [...args, `--namespace=${namespace}`],
      env: { KUBECONFIG: this.cluster.folder.kubeconfig },
      report: silent,
    })
  }

  /** Installs the chart, or upgrades it with further values; `--wait` is what a person would say. */
  async install(more: readonly string[] = [], chart = 'charts/konstruct'): Promise<void> {
    const file = join(this.#folder, 'values.json')
    writeFileSync(file, JSON.stringify(valuesFor(this.stores)))
    const args = ['upgrade', '--install', 'konstruct', chart, '-f', file]
    await this.helm(...args, ...more, '--wait', '--timeout=3m')
  }

  /** The two samples, with the model where pods can reach it. */
  async applySamples(): Promise<void> {
    for (const sample of ['acme', 'globex']) {
      const text = readFileSync(`crds/samples/${sample}.yaml`, 'utf8')
      const file = join(this.#folder, `${sample}.yaml`)
      writeFileSync(file, text.replaceAll('http://127.0.0.1:4010/v1', this.model.url))
      await this.kubectl.run('apply', '-f', file)
    }
  }

  /** A Tenant for a crowd, with its agent `support`, once it is Ready. */
  async applyCrowdsTenant(name: string, maxConcurrentTurns = 100): Promise<void> {
    this.#crowdsTenants.push(name)
    for (const object of crowdsTenant(name, this.model.url, maxConcurrentTurns)) await this.apply(object)
    await this.kubectl.run('wait', '--for=condition=Ready', `tenant/${name}`, '--timeout=30s')
  }

  apply(object: object): Promise<void> {
    return applyObject(this.kubectl, this.#folder, object)
  }

  /** Asks PostgreSQL as a superuser, whom no policy holds. */
  async rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new Client({ connectionString: this.stores.databaseUrl })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  get redisUrl(): string {
    return this.stores.redisUrl
  }

  async end(): Promise<void> {
    // While someone is there to finish it: the cluster may go on after this.
    for (const name of this.#crowdsTenants)
      await this.kubectl.run('delete', 'tenant', name, '--ignore-not-found', '--timeout=60s').catch(() => '')
    await this.model.close()
    await this.cluster.giveBack()
    await this.stores.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #makeSecret(): Promise<void> {
    await this.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    })
    await this.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'konstruct', namespace },
      stringData: this.stores.secrets,
    })
  }
}
