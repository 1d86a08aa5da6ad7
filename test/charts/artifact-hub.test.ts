// What Artifact Hub shows of the charts is what they install.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { validateResource } from '../../operator/validation/validate-resource.ts'
import { resourceSchemas } from '../operator/resource-schemas.ts'
import { manifestsIn, podSpecOf, renderChart, withLeast } from './render-chart.ts'

interface Chart {
  readonly name: string
  readonly home: string
  readonly version: string
  readonly appVersion: string
  readonly kubeVersion: string
  readonly annotations: Readonly<Record<string, string>>
}

interface Crd {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string }[]
  }
}

const readYaml = (path: string): unknown => parse(readFileSync(path, 'utf8'))
const chart = readYaml('charts/konstruct/Chart.yaml') as Chart
const crdsChart = readYaml('charts/konstruct-crds/Chart.yaml') as Chart
const annotation = (name: string): readonly Readonly<Record<string, unknown>>[] =>
  parse(chart.annotations[`artifacthub.io/${name}`] ?? '') as Readonly<Record<string, unknown>>[]

describe('What Artifact Hub is told', function () {
  this.timeout(600_000)

  it('is the same version of both charts, for the same Kubernetes', () => {
    for (const fact of ['version', 'appVersion', 'kubeVersion'] as const)
      assert.equal(crdsChart[fact], chart[fact])
  })

  it('is the image that is installed unless told otherwise', async () => {
    const images = manifestsIn(await renderChart(withLeast({}))).flatMap(
      (manifest) => podSpecOf(manifest)?.containers.map(({ image }) => image) ?? [],
    )
    assert.deepEqual(
      annotation('images').map(({ image }) => image),
      [...new Set(images)],
    )
  })

  it('is each resource that there is', () => {
    const crds = readdirSync('crds')
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => readYaml(`crds/${file}`) as Crd)
      .map(({ metadata, spec }) => ({ kind: spec.names.kind, version: spec.versions[0]?.name, name: metadata.name }))
    const told = annotation('crds').map(({ kind, version, name }) => ({ kind, version, name }))
    assert.deepEqual(
      told.toSorted((one, other) => String(one.name).localeCompare(String(other.name))),
      crds.toSorted((one, other) => one.name.localeCompare(other.name)),
    )
  })

  it('has examples that are valid', () => {
    const kinds = annotation('crdsExamples').map((example) => {
      const kind = example['kind'] === 'Agent' ? 'Agent' : 'Tenant'
      const judged = validateResource(resourceSchemas, kind, example)
      assert.deepEqual(judged.ok ? [] : judged.problems, [])
      return example['kind']
    })
    assert.deepEqual(kinds, ['Tenant', 'Agent'])
  })

  it('is what the labels of the image tell, too', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8')
    const label = (name: string): string | undefined =>
      new RegExp(`org\\.opencontainers\\.image\\.${name}="([^"]*)"`).exec(dockerfile)?.[1]
    const { description } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly description: string }
    assert.equal(label('licenses'), chart.annotations['artifacthub.io/license'])
    assert.equal(label('source'), chart.home)
    assert.equal(label('description'), description)
    assert.equal(label('title')?.toLowerCase(), chart.name)
    // Of the build: what was built, out of which commit.
    assert.deepEqual([label('version'), label('revision')], ['${VERSION}', '${REVISION}'])
  })
})
