import assert from 'node:assert/strict'
import type { PrometheusPart } from '../../dev/parts/prometheus.ts'
import { ownPrometheus } from '../support/parts.ts'
import { queryNow } from './ask-prometheus.ts'
import { dashboard, panelQueries } from './watched-files.ts'

describe('The dashboard', function () {
  this.timeout(60_000)
  let prometheus: PrometheusPart

  before(async () => {
    prometheus = await ownPrometheus('global: {}\n')
  })
  after(() => prometheus.stop())

  const shown = dashboard.panels.filter(({ type }) => type !== 'row')

  it('asks only what Prometheus understands', async () => {
    for (const { title, expr } of panelQueries('1m'))
      await assert.doesNotReject(queryNow(prometheus.url, expr), `${title}: ${expr}`)
  })

  it('lets its reader choose the source, the namespaces and the tenants', () => {
    assert.deepEqual(
      dashboard.templating.list.map(({ name }) => name),
      ['datasource', 'namespace', 'tenant'],
    )
    assert.ok(dashboard.schemaVersion >= 39)
  })

  it('keeps every query within the chosen namespaces', () => {
    for (const { title, targets = [] } of shown)
      for (const { expr } of targets)
        for (const [selector] of expr.matchAll(/\{[^}]*\}/g))
          assert.ok(selector.includes('namespace=~"$namespace"'), `${title}: ${selector}`)
  })

  it('gives each panel a title of its own, a sentence and a unit', () => {
    assert.equal(new Set(dashboard.panels.map(({ title }) => title)).size, dashboard.panels.length)
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
    for (const { title, description, fieldConfig } of shown) {
      assert.match(description ?? '', /\.$/, title)
      assert.ok(fieldConfig?.defaults.unit, title)
    }
  })

  it('has no panel on top of another or beyond the edge', () => {
    const taken = new Map<string, string>()
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title)
      for (let { x } = gridPos; x < gridPos.x + gridPos.w; x += 1)
        for (let { y } = gridPos; y < gridPos.y + gridPos.h; y += 1) {
          assert.equal(taken.get(`${x},${y}`), undefined, `${title} at ${x},${y}`)
          taken.set(`${x},${y}`, title)
        }
    }
  })
})
