// What the README tells someone with kind, on a cluster of ours: the chart with stores and a model of its own. Only what
// needs a container engine is done otherwise: making the cluster, and bringing the image and those of the stores into it,
// where stand-ins with the public images' interface are used. The tests build on each other.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fetchHelm } from '../../dev/cluster/fetch-programs.ts'
import { loadDevStores } from '../../dev/cluster/load-dev-stores.ts'
import { clusterLoad } from '../../dev/cluster/load.ts'
import { findKubernetes } from '../../dev/parts/find-kubernetes.ts'
import { runCommand } from '../../dev/parts/run-command.ts'
import type { Message } from '../../services/shared/domain/message.ts'
import type { Person } from '../e2e/person.ts'
import { waitUntil } from '../support/wait-until.ts'
import { type BorrowedCluster, borrowCluster, canHaveCluster } from './borrowed-cluster.ts'
import { comeAlone } from './crowd.ts'
import { step } from './release.ts'

const namespace = 'konstruct'
const silent = (): void => {}

/** The lines of the README's block on kind. */
const told = (): readonly string[] => {
  const block = /^kind create cluster$[^]*?(?=^```$)/m.exec(readFileSync('README.md', 'utf8'))?.[0] ?? ''
  return block.trim().split('\n')
}

const lineWith = (words: string): string => {
  const line = told().find((one) => one.startsWith(words))
  assert.ok(line, `The README tells a line that begins with: ${words}`)
  return line
}

describe('A release with stores of its own', function () {
  this.timeout(240_000)
  this.bail(true)
  let cluster: BorrowedCluster
  let path: string
  let visitor: Person
  let past: { readonly conversation: string; readonly messages: readonly Message[] }

  before(async function () {
    this.timeout(2_400_000)
    if (!canHaveCluster()) this.skip()
    cluster = await step('cluster', borrowCluster)
    await step('image', () => clusterLoad(cluster.folder, { report: silent }))
    await step('stores’ images and storage', () => loadDevStores(cluster.folder, silent))
    const { kubectl } = await findKubernetes(silent)
    path = [dirname(kubectl), dirname(await fetchHelm(silent)), process.env['PATH']].join(':')
    await run(`kubectl create namespace ${namespace} --dry-run=client -o yaml | kubectl apply -f -`)
    await run(
      `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted --overwrite`,
    )
  })
  after(async function () {
    this.timeout(120_000)
    await (visitor as Person | undefined)?.leave()
    await (cluster as BorrowedCluster | undefined)?.giveBack()
  })

  /** As typed into a shell. */
  const run = (line: string): Promise<string> =>
    runCommand({
      doing: line,
      command: 'sh',
      args: ['-ec', line],
      env: { KUBECONFIG: cluster.folder.kubeconfig, PATH: path },
      report: silent,
    })
  const kubectl = (line: string): Promise<string> => run(`kubectl -n ${namespace} ${line}`)

  const comeToAcme = async (): Promise<Person> => {
    const address = await kubectl(`get service konstruct-gateway -o 'jsonpath={.spec.clusterIP}'`)
    return comeAlone({ gateway: `http://${address}`, tenant: 'acme' })
  }

  /** A gateway whose database went away says so until it is back. */
  const history = (): Promise<readonly Message[]> =>
    waitUntil({ until: 'the history is served', deadlineMs: 10_000, everyMs: 200 }, () =>
      visitor.history(past.conversation),
    )

  const goOn = async (): Promise<void> => {
    assert.deepEqual(await history(), past.messages)
    await visitor.answered(visitor.say('Are you there?', past.conversation))
    past = { ...past, messages: await history() }
  }

  it('is installed as the README tells, and no pod of it had to start twice', async () => {
    await step('helm install --wait', () => run(lineWith('helm install')))
    const restarts = `jsonpath={.items[*].status.containerStatuses[*].restartCount}`
    assert.doesNotMatch(await kubectl(`get pods -o '${restarts}'`), /[1-9]/)
  })

  it('answers a visitor of the sample: it brings the model that the samples ask', async () => {
    await step('samples Ready', async () => {
      await run(lineWith('kubectl apply'))
      await run(lineWith('kubectl wait'))
      await kubectl('wait --for=condition=Ready -n globex tenant/globex --timeout=30s')
    })
    assert.match(lineWith('kubectl port-forward'), / -n konstruct service\/konstruct-gateway 8080:80 /)
    visitor = await comeToAcme()
    const first = visitor.say('Who are you?')
    await visitor.answered(first)
    const { conversation } = first.frame
    past = { conversation, messages: await visitor.history(conversation) }
    assert.match(past.messages.at(-1)?.text ?? '', /Ava/)
  })

  it('passes `helm test`', async () => {
    await step('helm test', () => run(`helm test konstruct -n ${namespace} --logs`))
  })

  it('has all that was said when the pods of its stores were killed, and goes on', async () => {
    await step('stores killed, next answer', async () => {
      const pods = ['postgres', 'redis', 'kafka'].map((store) => `konstruct-dev-${store}-0`)
      await kubectl(`delete pod --grace-period=0 --force ${pods.join(' ')}`)
      await kubectl('rollout status statefulset/konstruct-dev-postgres --timeout=60s')
      await goOn()
    })
  })

  it('is upgraded with the same passwords, and goes on', async () => {
    const upgrade = lineWith('helm install').replace('helm install', 'helm upgrade')
    await step('helm upgrade --wait', () => run(`${upgrade} --set gateway.podAnnotations.release=next`))
    await goOn()
  })

  it('leaves no data, no Secret and no pod when its Tenants and it are removed', async () => {
    await visitor.leave()
    await step('tenants deleted', () => run('kubectl delete tenants --all --all-namespaces --timeout=60s'))
    await step('helm uninstall', () => run(`helm uninstall konstruct -n ${namespace} --wait`))
    const kinds = 'all,secrets,persistentvolumeclaims'
    await waitUntil(
      { until: 'nothing is left', deadlineMs: 60_000, everyMs: 500 },
      async () => (await kubectl(`get ${kinds} -l app.kubernetes.io/instance=konstruct -o name`)) === '',
    )
    await run('kubectl delete namespace acme globex --timeout=60s')
  })
})
