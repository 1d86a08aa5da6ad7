// Prometheus Operator reads what the chart makes for it, and runs a Prometheus that watches the release. Nothing is told to
// them by the test, and the pods are reached only as the chart's NetworkPolicies allow unless told otherwise.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import {
  installPrometheusOperator,
  removePrometheusOperator,
} from '../../dev/cluster/install-prometheus-operator.ts'
import { roleNames } from '../../services/shared/store/create-roles.ts'
import { AlertWatcher } from '../charts/alert-watcher.ts'
import { activeTargets, labelNames, loadedRules, pendingAlerts, queryNow } from '../charts/ask-prometheus.ts'
import { alertRules, dashboard, panelQueries } from '../charts/watched-files.ts'
import { waitUntil } from '../support/wait-until.ts'
import { endRelease, prepareRelease } from './begin-release.ts'
import { startOperatedPrometheus } from './operated-prometheus.ts'
import { type PartName, parts, Pods } from './pods.ts'
import { type Release, step } from './release.ts'

const labels = { release: 'proof' }
const scrapeSeconds = 3
const silent = (): void => {}

const defaults = parse(readFileSync('charts/konstruct/values.yaml', 'utf8')) as {
  readonly networkPolicy: { readonly metricsFrom: object }
}

const values = [
  '--set=monitoring.enabled=true',
  `--set=monitoring.scrapeSeconds=${scrapeSeconds}`,
  `--set-json=monitoring.labels=${JSON.stringify(labels)}`,
  `--set-json=networkPolicy.metricsFrom=${JSON.stringify(defaults.networkPolicy.metricsFrom)}`,
  '--set=operator.isolationSeconds=1',
]

describe('A release that Prometheus Operator knows of', function () {
  this.timeout(120_000)
  let release: Release
  let pods: Pods
  let url: string

  before(async function () {
    release = await prepareRelease(this)
    pods = new Pods(release)
    await step('Prometheus Operator', () => installPrometheusOperator(release.cluster.folder, silent))
    await step('helm install --wait', () => release.install(values))
    url = await step('Prometheus', () => startOperatedPrometheus(release, labels))
  })
  after(async function () {
    await endRelease(this, release)
  })

  /** Each pod as the alerts and the dashboard tell it apart. */
  const running = async (): Promise<readonly string[]> => {
    const ofPart = async (part: PartName) =>
      (await pods.names(part)).map((pod) => `konstruct konstruct-${part} ${pod}`)
    return (await Promise.all(parts.map(ofPart))).flat().toSorted()
  }
  const scraped = async (): Promise<readonly string[]> =>
    (await activeTargets(url))
      .filter(({ health }) => health === 'up')
      .map(({ labels: { namespace, job, pod } }) => `${namespace} ${job} ${pod}`)
      .toSorted()
  const untilWatched = (): Promise<true> =>
    waitUntil({ until: 'every pod is scraped', deadlineMs: 60_000, everyMs: 250 }, async () => {
      assert.deepEqual(await scraped(), await running())
      return true
    })

  it('has each pod scraped once, as often as told, under the names of its alerts and its dashboard', async () => {
    await step('every pod is scraped', untilWatched)
    const watched = await running()
    assert.equal(watched.length, 6)
    assert.deepEqual(
      (await activeTargets(url)).map(({ scrapeInterval }) => scrapeInterval),
      watched.map(() => `${scrapeSeconds}s`),
    )
  })

  it('has no metric with a label that Prometheus needs for itself', async () => {
    const names = await labelNames(url)
    assert.ok(names.includes('store'))
    assert.deepEqual(
      names.filter((name) => name.startsWith('exported_')),
      [],
    )
  })

  it('has all its alerts loaded and evaluated, and none fires while all is well', async () => {
    await waitUntil({ until: 'each rule was evaluated', deadlineMs: 20_000, everyMs: 250 }, async () =>
      (await loadedRules(url)).every(({ health }) => health !== 'unknown'),
    )
    assert.deepEqual(
      (await loadedRules(url)).map(({ name, health, labels }) => ({ name, health, labels })),
      alertRules.map(({ alert, labels }) => ({ name: alert, health: 'ok', labels })),
    )
    assert.deepEqual(await new AlertWatcher(url).look(), [])
  })

  it('brings its dashboard where Grafana’s sidecar looks, with queries that this Prometheus understands', async () => {
    const which = ['configmaps', '-A', '-l', 'grafana_dashboard=1', '-o', 'json']
    const { items } = JSON.parse(await release.kubectl.run('get', ...which)) as {
      readonly items: readonly { readonly data: Readonly<Record<string, string>> }[]
    }
    assert.deepEqual(
      items.map(({ data }) => JSON.parse(data['konstruct.json'] ?? '') as object),
      [dashboard],
    )
    for (const { title, expr } of panelQueries('20s'))
      await assert.doesNotReject(queryNow(url, expr), `${title}: ${expr}`)
  })

  it('raises an alert, and ends it', async () => {
    const alerts = new AlertWatcher(url)
    await release.rows(`alter role ${roleNames.operator} bypassrls`)
    try {
      const alert = await alerts.fires('KonstructIsolationBroken', { namespace: 'konstruct' })
      assert.match(alert.annotations['description'] ?? '', /in namespace konstruct found \d+ ways/)
    } finally {
      await release.rows(`alter role ${roleNames.operator} nobypassrls`)
    }
    await alerts.ends('KonstructIsolationBroken')
  })

  it('is about to raise KonstructPartDown when a part is gone, and is watched again when it is back', async () => {
    const scale = (to: number): Promise<string> =>
      pods.kubectl('scale', 'deployment/konstruct-orchestrator', `--replicas=${to}`)
    await scale(0)
    await waitUntil({ until: 'KonstructPartDown waits', deadlineMs: 60_000, everyMs: 250 }, async () =>
      (await pendingAlerts(url)).some(
        (alert) =>
          alert.labels['alertname'] === 'KonstructPartDown' &&
          alert.labels['job'] === 'konstruct-orchestrator' &&
          alert.labels['namespace'] === 'konstruct',
      ),
    )
    await scale(2)
    await pods.untilReady('orchestrator')
    await step('every pod is scraped again', untilWatched)
    await waitUntil({ until: 'nothing is wrong', deadlineMs: 20_000, everyMs: 250 }, async () => {
      return (await pendingAlerts(url)).length === 0
    })
  })

  it('does without it again', async () => {
    await release.helm('uninstall', 'konstruct', '--wait')
    await step('removed', () => removePrometheusOperator(release.cluster.folder, silent))
    const kinds = 'crd,clusterrole,clusterrolebinding,namespace'
    assert.doesNotMatch(
      await release.kubectl.run('get', kinds, '-o', 'name'),
      /monitoring\.coreos|namespace\/monitoring|prometheus/,
    )
  })
})
