import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { waitUntil } from '../support/wait-until.ts'

/** An npm that installs by copying the lock file to where npm keeps its own, and counts how often it was called. */
const npmScript = `#!/bin/sh
echo "$@" >> calls
sleep 0.1
mkdir -p node_modules/.bin
cp package-lock.json node_modules/.package-lock.json
ln -sf "$TEST_NODE" node_modules/.bin/node
`

describe('The set-up', () => {
  let clone = ''

  const writeLock = (version: string): void => {
    const packages = {
      '': { name: 'clone' },
      'node_modules/one': { version },
      'node_modules/for-another-system': { version: '1.0.0', optional: true },
    }
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }))
  }

  const startWith = (path: string, args: readonly string[] = []): ChildProcess =>
    spawn(process.execPath, ['dev/setup.mjs', ...args], {
      cwd: clone,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TEST_NODE: process.execPath, PATH: path },
    })

  const start = (...args: readonly string[]): ChildProcess =>
    startWith(`${join(clone, 'fake')}${delimiter}${process.env['PATH']}`, args)

  const exitOf = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0] as unknown

  const errorsOf = async (child: ChildProcess): Promise<string> => {
    let text = ''
    child.stderr?.on('data', (data: Buffer) => {
      text += data.toString('utf8')
    })
    await once(child, 'close')
    return text
  }

  const calls = (): readonly string[] => {
    try {
      return readFileSync(join(clone, 'calls'), 'utf8').trim().split('\n')
    } catch {
      return []
    }
  }

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
    mkdirSync(join(clone, 'dev/parts'), { recursive: true })
    for (const file of ['dev/setup.mjs', 'dev/parts/hold-lock.mjs']) cpSync(file, join(clone, file))
    mkdirSync(join(clone, 'fake'))
    writeFileSync(join(clone, 'fake/npm'), npmScript)
    chmodSync(join(clone, 'fake/npm'), 0o755)
    writeLock('1.0.0')
  })

  afterEach(() => {
    rmSync(clone, { recursive: true, force: true })
  })

  it('installs when packages are missing or of another version, and only then', async () => {
    await exitOf(start())
    await exitOf(start())
    assert.equal(calls().length, 1)
    assert.match(calls()[0] ?? '', /^ci /)
    writeLock('2.0.0')
    await exitOf(start())
    assert.equal(calls().length, 2)
  })

  it('installs once when two are started at the same time', async () => {
    const codes = await Promise.all([exitOf(start()), exitOf(start())])
    assert.deepEqual(codes, [0, 0])
    assert.equal(calls().length, 1)
  })

  it('passes SIGTERM on to npm and waits until it has ended', async () => {
    writeFileSync(
      join(clone, 'fake/npm'),
      "#!/bin/sh\ntrap 'kill $!; sleep 0.1; echo ended >>calls; exit 1' TERM\necho begun >>calls\nsleep 9 >&- 2>&- & wait\n",
    )
    const child = start()
    const errors = errorsOf(child)
    await waitUntil({ until: 'npm runs' }, () => calls().includes('begun'))
    child.kill('SIGTERM')
    assert.doesNotMatch(await errors, /failed/)
    assert.equal(child.signalCode, 'SIGTERM')
    assert.deepEqual(calls(), ['begun', 'ended'])
  })

  it('says in a sentence that there is no npm', async () => {
    const child = startWith(join(clone, 'nothing-here'))
    const errors = await errorsOf(child)
    assert.match(errors, /npm cannot be started.* Node\.js/)
    assert.doesNotMatch(errors, /^ +at /m)
    assert.equal(child.exitCode, 1)
  })

  it('passes arguments and the exit code through', async () => {
    writeFileSync(join(clone, 'script.mjs'), 'console.log(process.argv.slice(2).join()); process.exit(7)')
    const child = start('script.mjs', '--one', 'two words')
    const [output] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    assert.equal(String(output), '--one,two words\n')
    assert.equal(await exitOf(child), 7)
  })

  it('finds programs of the packages before those of the machine', async () => {
    await exitOf(start())
    writeFileSync(join(clone, 'tool'), '#!/bin/sh\nexit 9\n')
    chmodSync(join(clone, 'tool'), 0o755)
    symlinkSync('../../tool', join(clone, 'node_modules/.bin/sleep'))
    assert.equal(await exitOf(start('sleep', '0')), 9)
  })

  it('passes SIGTERM on and waits for the program to end in its own way', async () => {
    writeFileSync(
      join(clone, 'script.mjs'),
      `process.on('SIGTERM', () => setTimeout(() => process.exit(5), 50))
       setInterval(() => {}, 1000)
       console.log('ready')`,
    )
    const child = start('script.mjs')
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    child.kill('SIGTERM')
    assert.equal(await exitOf(child), 5)
  })
})
