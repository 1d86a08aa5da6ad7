import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../../operator/loop/clock.ts'
import { FolderSource } from '../../../operator/source/folder-source.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { keepsTheContractOfADesiredSource, type OpenSource } from '../../contracts/desired-source.ts'
import { FakeClock } from '../fake-clock.ts'
import { anAgent, aSecret, aTenant, manifestsOf } from '../manifests.ts'
import { resourceSchemas } from '../resource-schemas.ts'

const newFolder = (): { base: string; manifests: string; state: string } => {
  const base = mkdtempSync(join(tmpdir(), 'konstruct-folder-'))
  const manifests = join(base, 'manifests')
  mkdirSync(manifests)
  return { base, manifests, state: join(base, 'state') }
}

interface Folder {
  readonly manifests: string
  readonly state: string
}

const newSource = (clock: Clock, { manifests, state }: Folder): FolderSource =>
  new FolderSource({ schemas: resourceSchemas, clock, log: silentLog }, { manifests, state })

interface Resource {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

const openFolder = async (): Promise<OpenSource> => {
  const folder = newFolder()
  // A file without resources: a folder without any file counts as missing.
  writeFileSync(join(folder.manifests, 'empty.yaml'), '')
  const source = newSource(systemClock, folder)
  const fileOf = (kind: string, namespace: string, name: string) =>
    join(folder.manifests, `${kind}-${namespace}-${name}.yaml`)
  return {
    source,
    namespace: 'here',
    elsewhere: 'elsewhere',
    put: async (...resources) => {
      for (const resource of resources as readonly Resource[]) {
        const { namespace, name } = resource.metadata
        writeFileSync(fileOf(resource.kind, namespace, name), manifestsOf(resource))
      }
    },
    remove: async (kind, name) => rmSync(fileOf(kind, 'here', name)),
    eventsOf: async (name) => {
      const lines = readFileSync(join(folder.state, 'events.jsonl'), 'utf8').trim().split('\n')
      return lines
        .map((line) => JSON.parse(line) as { object: string; reason: string })
        .filter(({ object }) => object === `Tenant/here/${name}`)
        .map(({ reason }) => reason)
    },
    close: async () => {
      await source.close()
      rmSync(folder.base, { recursive: true })
    },
  }
}

describe('A folder as the source of desired state', () => {
  keepsTheContractOfADesiredSource(openFolder)
})

describe('A folder of manifests', () => {
  let folder: ReturnType<typeof newFolder>
  let source: FolderSource
  let clock: FakeClock

  beforeEach(() => {
    folder = newFolder()
    clock = new FakeClock()
    source = newSource(clock, folder)
  })
  afterEach(async () => {
    await source.close()
    rmSync(folder.base, { recursive: true })
  })

  const write = (file: string, text: string): void => writeFileSync(join(folder.manifests, file), text)
  const follow = (): void => source.watch(() => {})
  const nameOf = (name: string) =>
    (source.tenant('default', name)?.manifest as { spec: { displayName: string } } | undefined)?.spec
      .displayName
  /** The next look, and the problem that it tells. */
  const look = (): Promise<void> => clock.advance(250)
  const problemAbout = async (words: RegExp): Promise<void> => {
    await look()
    assert.ok(source.problems().some(({ message }) => words.test(message)))
  }
  /** Longer than what is gone stays. */
  const aWhile = (): Promise<void> => clock.advance(5_000)

  it('may hold several files of several documents', () => {
    write('a.yaml', manifestsOf(aTenant('acme'), anAgent('support', 'acme')))
    write('b.yml', manifestsOf(aTenant('globex')))
    write('c.json', JSON.stringify(anAgent('helper', 'acme')))
    write('README.md', 'not a manifest')
    follow()
    assert.equal(source.tenants().length, 2)
    assert.equal(source.agentsOf('default', 'acme').length, 2)
  })

  it('keeps what a file held before it was broken, and says what is wrong with it', async () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    write('a.yaml', 'kind: Tenant\n  metadata: {')
    await problemAbout(/What the file held before still counts/)
    await aWhile()
    assert.equal(nameOf('acme'), 'acme')
    write('a.yaml', manifestsOf(aTenant('acme', { spec: { displayName: 'Mended' } })))
    await look()
    assert.equal(nameOf('acme'), 'Mended')
    assert.deepEqual(source.problems(), [])
  })

  it('keeps what a file held before it was broken, after a restart too', async () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    await source.close()
    write('a.yaml', 'kind: Tenant\n  metadata: {')
    write('b.yaml', '')
    source = newSource(clock, folder)
    follow()
    await aWhile()
    assert.equal(nameOf('acme'), 'acme')
  })

  it('keeps the last valid version of a resource, and refuses the newer one in the words of the API server', async () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    write('a.yaml', manifestsOf(aTenant('acme', { spec: { displayName: '' } })))
    await problemAbout(/^spec\.displayName: write the name that people see/)
    assert.equal(nameOf('acme'), 'acme')
    assert.equal(source.tenant('default', 'acme')?.refused.length, 1)
  })

  it('refuses what must not change, after a restart too', async () => {
    write('a.yaml', manifestsOf(anAgent('support', 'acme')))
    follow()
    await source.close()
    source = newSource(clock, folder)
    write('a.yaml', manifestsOf(anAgent('support', 'globex')))
    follow()
    await problemAbout(/an agent stays with its tenant/)
    assert.equal(source.agentsOf('default', 'acme').length, 1)
  })

  it('tells of a resource that was never valid, and takes it up once it is', async () => {
    write('a.yaml', manifestsOf(aTenant('acme', { spec: { models: [] } })))
    follow()
    await problemAbout(/name at least one model/)
    write('a.yaml', manifestsOf(aTenant('acme')))
    await look()
    assert.equal(source.tenant('default', 'acme')?.refused.length, 0)
  })

  it('leaves a document out that is no resource, and says so', () => {
    write('a.yaml', `just: text\n---\n${manifestsOf(aTenant('acme'))}`)
    follow()
    assert.equal(nameOf('acme'), 'acme')
    assert.match(source.problems()[0]?.message ?? '', /no kind or no metadata\.name/)
  })

  it('takes the first of two manifests of one name, and says so', () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    write('b.yaml', manifestsOf(aTenant('acme', { spec: { displayName: 'Second' } })))
    follow()
    assert.equal(nameOf('acme'), 'acme')
    assert.match(source.problems()[0]?.message ?? '', /Tenant\/default\/acme is here a second time/)
  })

  it('deletes nothing when the folder is missing or has no file at all', async () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    rmSync(join(folder.manifests, 'a.yaml'))
    await problemAbout(/There is no manifest/)
    rmSync(folder.manifests, { recursive: true })
    await problemAbout(/cannot be read/)
    await aWhile()
    assert.equal(nameOf('acme'), 'acme')
  })

  it('deletes nothing that is away for a moment only', async () => {
    write('keep.yaml', '')
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    const uid = source.tenant('default', 'acme')?.uid
    rmSync(join(folder.manifests, 'a.yaml'))
    await clock.advance(800)
    write('a.yaml', manifestsOf(aTenant('acme')))
    await aWhile()
    assert.equal(source.tenant('default', 'acme')?.uid, uid)
  })

  it('remembers identity, generation and status over a restart', async () => {
    write('a.yaml', manifestsOf(aTenant('acme')))
    follow()
    const before = source.tenant('default', 'acme') ?? assert.fail('no tenant')
    await source.writeStatus(before, { observedGeneration: 1, conditions: [] })
    await source.close()
    source = newSource(clock, folder)
    const keys: string[] = []
    source.watch((key) => keys.push(key))
    const after = source.tenant('default', 'acme')
    assert.deepEqual(
      [after?.uid, after?.generation, after?.status],
      [before.uid, 1, { observedGeneration: 1, conditions: [] }],
    )
    assert.ok(keys.includes('default/acme'))
  })

  it('does not say that a Secret is missing while it may be in a file that cannot be read', async () => {
    write('a.yaml', manifestsOf(aTenant('acme'), aSecret('auth', { key: 'value' })))
    write('broken.yaml', '{')
    follow()
    assert.equal((await source.readSecret('default', 'auth'))?.get('key')?.reveal(), 'value')
    await assert.rejects(source.readSecret('default', 'other'), /may be in a file that cannot be read/)
  })

  it('never writes a Secret into its state', async () => {
    write('a.yaml', manifestsOf(aTenant('acme'), aSecret('auth', { key: 'top-secret' })))
    follow()
    const text = readFileSync(join(folder.state, 'Tenant%2Fdefault%2Facme.json'), 'utf8')
    assert.ok(!text.includes('top-secret'))
    assert.throws(() => readFileSync(join(folder.state, 'Secret%2Fdefault%2Fauth.json')))
  })
})
