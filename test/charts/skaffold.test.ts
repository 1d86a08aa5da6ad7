// skaffold itself cannot be had everywhere: its file is held to what it names in this repository.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { imageName } from '../../dev/cluster/build-image.ts'
import { waitUntil } from '../support/wait-until.ts'

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

  it('starts programs again, in dev, when a file of theirs is replaced', async () => {
    const set = patchesOf('dev').get('/deploy/helm/releases/0/setValues') as Readonly<Record<string, unknown>>
    assert.equal(set['development'], true)
    const folder = mkdtempSync(join(tmpdir(), 'konstruct-sync-'))
    const write = (word: string): void => writeFileSync(join(folder, 'said.ts'), `export const said = '${word}'\n`)
    write('first')
    writeFileSync(join(folder, 'main.ts'), "import { said } from './said.ts'\nconsole.log(said)\n")
    // As the chart starts a program when `development` is set.
    const program = spawn(process.execPath, ['--watch', 'main.ts'], { cwd: folder })
    let output = ''
    program.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const says = (word: string): Promise<unknown> =>
      waitUntil({ until: `it says ${word}`, deadlineMs: 20_000 }, async () => output.includes(word))
    try {
      await says('first')
      // As an archive is unpacked over it: the old file is taken away, and a new one is put there.
      rmSync(join(folder, 'said.ts'))
      write('second')
      await says('second')
    } finally {
      program.kill()
      await once(program, 'exit')
      rmSync(folder, { recursive: true })
    }
  }).timeout(60_000)

  it('installs, with prod, the image and the chart as they are released, with values that are kept apart', () => {
    const prod = patchesOf('prod')
    assert.deepEqual([...prod.keys()], ['/deploy/helm/releases/0/valuesFiles'])
    for (const file of prod.get('/deploy/helm/releases/0/valuesFiles') as string[]) {
      assert.match(file, /^values-[a-z]+\.yaml$/)
      assert.ok(!existsSync(file), `${file} is not in the repository, as it is the user's`)
    }
    const { image } = skaffold.build.artifacts[0]
    assert.equal(image, valueAt('image.repository'))
  })

  it('forwards the port of the Service that the chart has', () => {
    const [forward] = skaffold.portForward
    assert.equal(forward?.resourceName, 'konstruct-gateway')
    assert.equal(forward.port, valueAt('gateway.service.port'))
  })
})
