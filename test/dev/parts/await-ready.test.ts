import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { awaitReady } from '../../../dev/parts/await-ready.ts'
import { startLeashed } from '../../../dev/parts/leashed-program.ts'

describe('Waiting until a program is ready', () => {
  let folder = ''
  let silent: Server
  const start = (script: string) =>
    startLeashed({
      name: 'shell',
      command: 'sh',
      args: ['-c', script],
      logFile: join(folder, 'shell.log'),
    })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-test-'))
    silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  })

  afterEach(async () => {
    const closed = once(silent, 'close')
    silent.close()
    await closed
    rmSync(folder, { recursive: true, force: true })
  })

  it('ends in time when the program takes a question and never answers it', async () => {
    const program = await start('exec sleep 60')
    const { port } = silent.address() as AddressInfo
    const probe = async (signal: AbortSignal): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}`, { signal })).ok
    await assert.rejects(awaitReady({ name: 'Shell', program, deadlineMs: 300, probe }), {
      code: 'PART_UNAVAILABLE',
      message: /Shell was not ready in 300 ms\. The end of its log/,
    })
    await program.exited
  })

  it('ends at once when the program does', async () => {
    const program = await start('echo begun; exit 3')
    const probe = (): Promise<boolean> => Promise.resolve(false)
    await assert.rejects(awaitReady({ name: 'Shell', program, deadlineMs: 60_000, probe }), {
      code: 'PART_UNAVAILABLE',
      message: /Shell ended with 3\. The end of its log[^]*begun/,
    })
  })
})
