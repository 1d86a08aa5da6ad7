// npm run cluster -- up|down|status|load|stores|keda: a real Kubernetes on this machine, without a container engine.
import { dirname } from 'node:path'
import { asKonstructError } from '../../services/shared/runtime/errors.ts'
import { findKubernetes } from '../parts/find-kubernetes.ts'
import { holdLock } from '../parts/hold-lock.mjs'
import type { Report } from '../parts/part.ts'
import { imageName } from './build-image.ts'
import { openClusterFolder } from './cluster-folder.ts'
import { clusterDown } from './down.ts'
import { fetchHelm } from './fetch-programs.ts'
import { findGivenCluster, loadIntoGiven } from './given-cluster.ts'
import { installKeda } from './install-keda.ts'
import { loadDevStores } from './load-dev-stores.ts'
import { clusterLoad } from './load.ts'
import { type ClusterArguments, readArguments, type Verb } from './read-arguments.ts'
import { clusterStatus, givenStatus } from './status.ts'
import { timed } from './timed.ts'
import { clusterUp } from './up.ts'

const since = performance.now()
const report: Report = (line) => {
  process.stderr.write(`${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`)
}

const printNext = (kubeconfig: string, programs: readonly string[]): void =>
  console.log(`
  export KUBECONFIG=${kubeconfig}
  export PATH=${programs.join(':')}:$PATH
  kubectl get nodes,pods -A
  npm run cluster -- load      # builds ${imageName()} and loads it
  npm run cluster -- down      # ends it
`)

type Verbs = Readonly<Record<Verb, (args: ClusterArguments) => Promise<number>>>

const folder = openClusterFolder()

const alone = <Value>(work: () => Promise<Value>): Promise<Value> =>
  holdLock('the cluster of this machine', work, () => report('Waiting for another run on the cluster.'))

const own: Verbs = {
  up: async () => {
    await alone(() => clusterUp(folder, report))
    const helm = await timed(report, 'helm is here', () => fetchHelm(report))
    printNext(folder.kubeconfig, [dirname((await findKubernetes(report)).kubectl), dirname(helm)])
    return 0
  },
  down: async () => {
    console.log((await alone(() => clusterDown(folder))) ? 'The cluster is gone.' : 'There was no cluster.')
    return 0
  },
  load: async ({ tag }) => {
    console.log(await alone(() => clusterLoad(folder, { tag, report })))
    return 0
  },
  status: async () => {
    const status = await clusterStatus(folder, report)
    console.log(status ?? 'There is no cluster. Make one with: npm run cluster -- up')
    return status === undefined ? 1 : 0
  },
  stores: async () => {
    await alone(() => loadDevStores(folder, report))
    console.log('The chart runs with values-dev.yaml now, as its README tells for kind.')
    return 0
  },
  keda: async () => {
    await alone(() => installKeda(folder, report))
    console.log('KEDA acts on ScaledObjects now.')
    return 0
  },
}

const given: Verbs = {
  up: async () => {
    const { kubeconfig, kubectl } = await findGivenCluster(report)
    printNext(kubeconfig, [dirname(kubectl)])
    return 0
  },
  down: async () => {
    console.log('The cluster that KUBECONFIG names was made by someone else, and is left alone.')
    return Promise.resolve(0)
  },
  load: async ({ tag }) => {
    console.log(await loadIntoGiven(await findGivenCluster(report), { tag, report }))
    return 0
  },
  status: async () => {
    const { kubectl, kubeconfig } = await findGivenCluster(report)
    console.log(await givenStatus(kubectl, kubeconfig, report))
    return 0
  },
  stores: async () => {
    console.log('A cluster of someone else pulls PostgreSQL, Redis and Kafka by itself, and has storage.')
    return Promise.resolve(1)
  },
  keda: async () => {
    console.log('A cluster of someone else takes KEDA from its Helm chart: https://keda.sh/docs/deploy')
    return Promise.resolve(1)
  },
}

try {
  const args = readArguments(process.argv.slice(2))
  process.exitCode = await (args.useKubeconfig ? given : own)[args.verb](args)
} catch (thrown) {
  const error = asKonstructError(thrown)
  console.error(`\n${error.code === 'INTERNAL' ? String((thrown as Error).stack) : error.message}`)
  process.exitCode = error.code === 'CONFIG_INVALID' ? 64 : 1
}
process.exit()
