import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, killAndWait, readIdentity } from '../../../dev/cluster/process-identity.ts'

describe('The identity of a process', function () {
  let folder = ''

  before(function () {
    if (process.platform !== 'linux') this.skip()
  })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('is read from the line that /proc has for it, whatever its name', () => {
    const file = join(folder, 'stat')
    const fields = Array.from({ length: 18 }, (_, index) => index)
    writeFileSync(file, `77 (a (strange) name) S ${fields.join(' ')} 123456 0 0\n`)
    assert.deepEqual(readIdentity(file), { pid: 77, startTime: '123456' })
  })

  it('is nothing where there is no line, or one of a process that has ended', () => {
    const file = join(folder, 'stat')
    assert.equal(readIdentity(file), undefined)
    writeFileSync(file, readFileSync('/proc/self/stat', 'utf8').replace(/\) \w /, ') Z '))
    assert.equal(readIdentity(file), undefined)
  })

  it('is not that of another process that got its pid', () => {
    const own = readIdentity('/proc/self/stat')
    assert.ok(own)
    assert.equal(isAlive(own), true)
    assert.equal(isAlive({ ...own, startTime: '1' }), false)
  })

  it('ends with the process, and whoever has its pid then is left alone', async () => {
    const child = spawn('sleep', ['60'])
    const identity = readIdentity(`/proc/${child.pid}/stat`)
    assert.ok(identity)
    await killAndWait({ ...identity, startTime: '1' }, 1_000)
    assert.equal(isAlive(identity), true)
    await killAndWait(identity, 5_000)
    assert.equal(isAlive(identity), false)
  })
})
