import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { alertScenes, healthy, neverVerified, samples, type AlertScene, type Series } from './alert-scenes.ts'
import { promtool } from './promtool.ts'
import { alertRules, alertsFile } from './watched-files.ts'

const runbooks = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8')

describe('The alerts', function () {
  this.timeout(60_000)
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-alerts-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  interface Trial {
    readonly series: Series
    readonly firing: readonly Omit<AlertScene, 'sick'>[]
    /** In samples from the beginning. */
    readonly at?: number
  }

  const severityOf = (alert: string): string =>
    alertRules.find((rule) => rule.alert === alert)?.labels['severity'] ?? ''

  const asSample = ({ alert, labels }: Omit<AlertScene, 'sick'>) => {
    const all = { alertname: alert, alertstate: 'firing', severity: severityOf(alert), ...labels }
    const selector = Object.entries(all).map(([name, value]) => `${name}="${value}"`)
    return { labels: `ALERTS{${selector.join(',')}}`, value: 1 }
  }

  /** Fails when any alert fires that is not expected to, or the other way round. */
  const assertFiring = async (trials: readonly Trial[]): Promise<void> => {
    const tests = trials.map(({ series, firing, at = samples }) => ({
      interval: '15s',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        { expr: 'ALERTS{alertstate="firing"}', eval_time: `${at * 15}s`, exp_samples: firing.map(asSample) },
      ],
    }))
    const file = join(folder, 'rules.test.yaml')
    writeFileSync(file, stringify({ rule_files: [alertsFile], evaluation_interval: '15s', tests }))
    await promtool(['test', 'rules', file])
  }

  it('are rules as Prometheus wants them', async () => {
    assert.match(await promtool(['check', 'rules', '--lint-fatal', alertsFile]), /SUCCESS: \d+ rules found/)
  })

  it('say how urgent they are, what they mean and where that is explained', () => {
    for (const { alert, labels, annotations } of alertRules) {
      assert.match(labels['severity'] ?? '', /^(critical|warning)$/)
      assert.ok(annotations['summary'] && annotations['description'], alert)
      const page = 'https://github.com/konstruct/konstruct/blob/main/docs/runbooks.md'
      assert.equal(annotations['runbook_url'], `${page}#${alert.toLowerCase()}`)
      assert.ok(runbooks.includes(`\n## ${alert}\n`), `docs/runbooks.md has a section for ${alert}`)
    }
    const explained = [...runbooks.matchAll(/^## (\w+)$/gm)].map((match) => match[1])
    assert.deepEqual(
      explained,
      alertRules.map(({ alert }) => alert),
    )
  })

  it('are silent about a healthy platform', () => assertFiring([{ series: healthy, firing: [] }]))

  it('each have a scene here', () => {
    assert.deepEqual(
      alertScenes.map(({ alert }) => alert),
      alertRules.map(({ alert }) => alert),
    )
  })

  for (const scene of alertScenes)
    it(`${scene.alert} fires on its scene, and no other alert does`, () =>
      assertFiring([{ series: { ...healthy, ...scene.sick }, firing: [scene] }]))

  it('wait for what may pass by itself', () =>
    assertFiring(
      alertScenes
        .filter(({ alert }) => alertRules.some((rule) => rule.alert === alert && rule.for !== undefined))
        .map(({ sick }) => ({ series: { ...healthy, ...sick }, firing: [], at: 2 })),
    ))

  it('KonstructPartDown fires when Prometheus knows of no part at all', () =>
    assertFiring([{ series: { 'up{job="other"}': `1x${samples}` }, firing: [{ alert: 'KonstructPartDown', labels: {} }] }]))

  it('KonstructIsolationUnverified fires, too, when no look succeeded since the operator started, unless it is broken', () =>
    assertFiring([
      { series: neverVerified.unknown, firing: [{ alert: 'KonstructIsolationUnverified', labels: { namespace: 'chat' } }] },
      { series: neverVerified.broken, firing: [{ alert: 'KonstructIsolationBroken', labels: { namespace: 'chat' } }] },
    ]))

  it('KonstructPartDown fires when the pods of a part are gone, and not for one pod of two', async () => {
    const gone = Object.fromEntries(
      Object.entries(healthy).filter(([name]) => !name.startsWith('up{job="konstruct-orchestrator"')),
    )
    const second = { 'up{job="konstruct-gateway",namespace="chat",pod="gateway-2"}': `0x${samples}` }
    const labels = { namespace: 'chat', job: 'konstruct-orchestrator' }
    await assertFiring([
      { series: gone, firing: [{ alert: 'KonstructPartDown', labels }] },
      { series: { ...healthy, ...second }, firing: [] },
    ])
  })
})
