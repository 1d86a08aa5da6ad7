// A platform's own chart may have the charts as dependencies.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { leastValues, manifestsIn, renderChart } from './render-chart.ts'

const names = ['konstruct', 'konstruct-crds']

describe('The charts as dependencies of another one', function () {
  this.timeout(600_000)
  let umbrella: string

  before(() => {
    umbrella = mkdtempSync(join(tmpdir(), 'konstruct-umbrella-'))
    mkdirSync(join(umbrella, 'charts'))
    for (const name of names) cpSync(`charts/${name}`, join(umbrella, 'charts', name), { recursive: true })
    const dependencies = names.map((name) => ({ name, version: '0.1.0' }))
    writeFileSync(
      join(umbrella, 'Chart.yaml'),
      stringify({ apiVersion: 'v2', name: 'platform', version: '1.0.0', dependencies }),
    )
  })
  after(() => rmSync(umbrella, { recursive: true }))

  it('are rendered, though Helm hands them the values that are for all', async () => {
    const values = { global: { region: 'here' }, konstruct: { ...leastValues, crds: { enabled: false } } }
    const manifests = manifestsIn(await renderChart(values, umbrella))
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment')
    assert.deepEqual(
      deployments.map(({ metadata }) => metadata.name),
      ['konstruct-gateway', 'konstruct-operator', 'konstruct-orchestrator'],
    )
    assert.equal(manifests.filter(({ kind }) => kind === 'CustomResourceDefinition').length, names.length)
  })
})
