import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../../dev/parts/run-command.ts'
import { waitUntil } from '../../support/wait-until.ts'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const childFile = new URL('command-child.ts', import.meta.url).pathname

describe('A command', () => {
  let folder = ''
  const run = (command: string, ...args: readonly string[]): Promise<string> =>
    runCommand({ doing: 'trying', command, args, folder, env: { WORD: 'said' }, report: () => {} })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('gives what it printed, with arguments, folder and environment as they were given', async () => {
    const script = 'echo "$1" "$WORD"; pwd; echo more >&2; read line || echo "nothing to read"'
    const lines = (await run('sh', '-c', script, 'sh', 'two  words $HOME')).trim().split('\n')
    assert.deepEqual(
      lines.toSorted(),
      ['more', 'nothing to read', 'two  words $HOME said', folder].toSorted(),
    )
  })

  it('fails with its code and the end of what it printed', async () => {
    const script = 'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $n"; done; exit 3'
    await assert.rejects(run('sh', '-c', script), {
      message: /^sh failed \(3\): line 3\n[^]*line 12$/,
    })
  })

  it('says so when there is no such program', async () => {
    await assert.rejects(run('no-such-program'), /no-such-program/)
  })

  it('ends with whoever ran it, and takes its own children along', async () => {
    const runner = spawn(process.execPath, [childFile, folder], { stdio: ['ignore', 'inherit', 'inherit'] })
    const file = join(folder, 'child')
    const child = await waitUntil({ until: 'the command runs' }, () =>
      existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined,
    )
    runner.kill('SIGKILL')
    try {
      await waitUntil({ until: 'the command is gone' }, () => !isAlive(child))
    } finally {
      if (isAlive(child)) process.kill(child)
    }
  })
})
