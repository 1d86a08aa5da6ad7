import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLeashed } from '../../../dev/parts/leashed-program.ts'
import { startOwnRedis } from '../../../dev/parts/redis.ts'
import { waitUntil } from '../../support/wait-until.ts'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const starterFile = new URL('starter-child.ts', import.meta.url).pathname

describe('A leashed program', () => {
  let folder = ''
  const shell = (script: string, more: { temporary?: string; graceMs?: number } = {}) =>
    startLeashed({
      name: 'shell',
      command: 'sh',
      args: ['-c', script],
      logFile: join(folder, 'shell.log'),
      ...more,
    })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('is gone soon after its starter was killed with -9, and its folder can be used again', async () => {
    const starter = spawn(process.execPath, [starterFile, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(starter.stdout, 'data')) as [Buffer]
    const { pid, url } = JSON.parse(String(line)) as { pid: number; url: string }
    assert.ok(isAlive(pid))
    starter.kill('SIGKILL')
    await waitUntil({ until: 'redis is gone' }, () => !isAlive(pid))

    const again = await startOwnRedis({ folder, port: Number(new URL(url).port) })
    assert.equal(again.url, url)
    await again.stop()
  }).timeout(60_000)

  it('takes its own children along, even those that ignore the signal', async () => {
    const program = await shell(
      `trap '' TERM; sh -c "trap '' TERM; sleep 60" & echo $! > ${folder}/child; wait`,
      {
        graceMs: 200,
      },
    )
    const child = await waitUntil({ until: 'the child runs' }, () => {
      const written = readFileSync(join(folder, 'child'), 'utf8')
      return written.endsWith('\n') && Number(written)
    })
    await program.stop()
    assert.equal(isAlive(program.pid), false)
    await waitUntil({ until: 'the child is gone' }, () => !isAlive(child))
  })

  it('ends in order when it is stopped, and its temporary folder goes with it', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
    const program = await shell(`trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done`, {
      temporary,
    })
    await waitUntil({ until: 'it is ready' }, () => readFileSync(program.logFile, 'utf8').includes('ready'))
    await program.stop()
    assert.match(readFileSync(program.logFile, 'utf8'), /bye/)
    assert.equal(existsSync(temporary), false)
  })

  it('tells its exit code when it ends by itself', async () => {
    const program = await shell('exit 3')
    assert.equal(await program.exited, 3)
  })

  it('says why it cannot start', async () => {
    await assert.rejects(
      startLeashed({ name: 'nothing', command: '/no/such/program', args: [], logFile: join(folder, 'log') }),
      /nothing did not start: .*ENOENT/,
    )
  })
})
