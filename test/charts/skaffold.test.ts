// skaffold itself cannot be had everywhere: its file is held to what it names in this repository.
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { imageName } from '../../dev/cluster/build-image.ts'

interface Release {
  readonly chartPath: string
  readonly setValueTemplates: Readonly<Record<string, string>>
}

interface Patch {
  readonly op: string
  readonly path: string
  readonly value: unknown
}

interface Skaffold {
  readonly apiVersion: string
  readonly build: {
    readonly local: { readonly useBuildkit: boolean }
    readonly artifacts: readonly [{ readonly image: string; readonly docker: { readonly dockerfile: string } }]
  }
  readonly deploy: { readonly helm: { readonly releases: readonly [Release] } }
  readonly portForward: readonly { readonly resourceName: string; readonly port: number }[]
  readonly profiles: readonly { readonly name: string; readonly patches: readonly Patch[] }[]
}

const skaffold = parse(readFileSync('skaffold.yaml', 'utf8')) as Skaffold
const chartValues = parse(readFileSync('charts/konstruct/values.yaml', 'utf8')) as Record<string, unknown>
const [artifact] = skaffold.build.artifacts
const [release] = skaffold.deploy.helm.releases

const patchesOf = (profile: string): ReadonlyMap<string, unknown> =>
  new Map(
    skaffold.profiles
      .find(({ name }) => name === profile)
      ?.patches.map(({ path, value }) => [path, value] as const) ?? [],
  )

const valueAt = (path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], chartValues)

describe('skaffold.yaml', () => {
  it('names the image, the Dockerfile and the chart that there are', () => {
    assert.equal(skaffold.apiVersion, 'skaffold/v4beta13')
    assert.equal(artifact.image, imageName().replace(/:[^:]*$/, ''))
    assert.ok(existsSync(artifact.docker.dockerfile))
    assert.ok(existsSync(`${release.chartPath}/Chart.yaml`))
  })

  it('sets values that the chart has, from the image that it builds', () => {
    const name = artifact.image.replaceAll(/[^A-Za-z0-9]/g, '_')
    for (const [path, template] of Object.entries(release.setValueTemplates)) {
      assert.equal(typeof valueAt(path), 'string', path)
      assert.match(template, new RegExp(`^\\{\\{\\.IMAGE_(REPO|TAG)_${name}\\}\\}$`))
    }
    const set = patchesOf('dev').get('/deploy/helm/releases/0/setValues') as object
    for (const path of Object.keys(set)) assert.notEqual(valueAt(path), undefined, path)
  })

  it('asks for the builder that knows all that the Dockerfile says', () => {
    assert.match(readFileSync(artifact.docker.dockerfile, 'utf8'), /^RUN --mount/m)
    assert.equal(skaffold.build.local.useBuildkit, true)
  })

  it('builds a stage of the Dockerfile for dev', () => {
    const dev = patchesOf('dev')
    const stage = String(dev.get('/build/artifacts/0/docker/target'))
    assert.match(readFileSync(artifact.docker.dockerfile, 'utf8'), new RegExp(`^FROM .* AS ${stage}$`, 'm'))
    for (const file of dev.get('/deploy/helm/releases/0/valuesFiles') as string[]) assert.ok(existsSync(file))
  })

  it('syncs the programs’ files, and none of the chat page, which has to be built', () => {
    const { manual } = patchesOf('dev').get('/build/artifacts/0/sync') as { manual: { src: string }[] }
    for (const { src } of manual) assert.ok(globSync(src).length > 0, src)
    const folders = readdirSync('services').map((name) => `services/${name}`)
    const programs = [...folders, 'operator'].filter((folder) => folder !== 'services/webchat')
    assert.deepEqual(manual.map(({ src }) => src).toSorted(), programs.map((folder) => `${folder}/**/*.ts`).toSorted())
  })

  it('forwards the port of the Service that the chart has', () => {
    const [forward] = skaffold.portForward
    assert.equal(forward?.resourceName, 'konstruct-gateway')
    assert.equal(forward.port, valueAt('gateway.service.port'))
  })
})
