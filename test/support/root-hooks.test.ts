import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

describe('A run of the tests', () => {
  let folder = ''
  const runTest = (body: string): { readonly status: number | null; readonly output: string } => {
    const file = join(folder, 'one.test.mjs')
    writeFileSync(file, body)
    const config = ['--no-config', '--spec', file, '--require', 'test/support/root-hooks.ts', '--exit']
    const mocha = spawnSync(process.execPath, ['node_modules/mocha/bin/mocha.js', ...config], {
      encoding: 'utf8',
    })
    return { status: mocha.status, output: mocha.stdout + mocha.stderr }
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('passes when nothing is left open', () => {
    const { status, output } = runTest(`it('is clean', () => {})`)
    assert.equal(status, 0, output)
  }).timeout(30_000)

  it('gives the hooks before a test the time that a part takes to start', () => {
    const { status, output } = runTest(`
      describe('whoever starts a part', function () {
        this.timeout(20)
        const late = () => new Promise((resolve) => setTimeout(resolve, 100))
        before(late)
        beforeEach(late)
        it('waits for it', () => {})
      })`)
    assert.equal(status, 0, output)
  }).timeout(30_000)

  it('fails when a server, a timer or a child process is left open, and names it', () => {
    const { status, output } = runTest(`
      import { createServer } from 'node:net'
      import { spawn } from 'node:child_process'
      it('leaks', () => {
        createServer().listen(0, '127.0.0.1')
        setInterval(() => {}, 1000)
        spawn('sleep', ['5'], { stdio: 'ignore' })
      })`)
    assert.equal(status, 1)
    assert.match(output, /Left open by the tests: /)
    assert.match(output, /1 TCPServerWrap/)
    assert.match(output, /1 Timeout/)
    assert.match(output, /child process \d+ \(sleep 5\)/)
  }).timeout(30_000)
})
