import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { refreshLists, releaseIn } from '../../../dev/parts/debian-package.ts'

/** Knows every package as soon as the lists are there, and says so in the language that it is asked for. */
const aptCache = `cd "$(dirname "$0")"
word=Installationskandidat
[ "$LC_ALL" = C ] && word=Candidate
if [ -e lists ]; then echo "  $word: 1.0"; else echo "  $word: (none)"; fi
`

/** As apt's: a second one at the same time is refused. */
const aptGet = `cd "$(dirname "$0")"
mkdir lock || { echo 'E: Could not get lock'; exit 100; }
sleep 0.2
echo "$@" >> calls
touch lists
rmdir lock
`

describe('What is unpacked of Debian’s packages', () => {
  it('is kept apart for each release of the system, as its libraries are', () => {
    assert.equal(releaseIn('NAME="Debian"\nVERSION_ID="12"\nID=debian\n'), 'debian-12')
    assert.equal(releaseIn('ID=ubuntu\nVERSION_ID="24.04"\n'), 'ubuntu-24.04')
  })

  it('goes by the name of a release that has no number yet', () => {
    assert.equal(releaseIn('ID=debian\nVERSION_CODENAME=forky\n'), 'debian-forky')
    assert.equal(releaseIn(''), 'debian')
  })
})

describe('The lists of Debian’s packages', () => {
  const before = { ...process.env }
  let folder = ''
  const report = (): void => {}

  const calls = (): number =>
    existsSync(join(folder, 'calls'))
      ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n').length
      : 0

  beforeEach(function () {
    if (process.getuid?.() !== 0) this.skip()
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
    for (const [name, script] of Object.entries({ 'apt-cache': aptCache, 'apt-get': aptGet })) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}`)
      chmodSync(join(folder, name), 0o755)
    }
    Object.assign(process.env, { PATH: `${folder}${delimiter}${before['PATH']}`, LC_ALL: 'de_DE.UTF-8' })
  })

  afterEach(() => {
    process.env = { ...before }
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
  })

  it('are left alone where they know the package, whatever language the machine speaks', async () => {
    writeFileSync(join(folder, 'lists'), '')
    await refreshLists('redis-server', report)
    assert.equal(calls(), 0)
  })

  it('are fetched once, however many parts need them at the same time', async () => {
    await Promise.all(['redis-server', 'prometheus', 'etcd-server'].map((name) => refreshLists(name, report)))
    assert.equal(calls(), 1)
  })
})
