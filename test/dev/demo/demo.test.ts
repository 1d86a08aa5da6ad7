// The demo as a person runs it, with a folder of its own.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../dev/parts/free-port.ts'
import { waitUntil } from '../../support/wait-until.ts'

const root = new URL('../../..', import.meta.url).pathname

/** As /proc/net/tcp and tcp6 write a socket's state, and 127.0.0.1, alone or within IPv6, and ::1. */
const listening = '0A'
const loopback = /^(?:(?:0{16}F{4}0{4})?0100007F|0{24}01000000):/

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return '' // Closed in the meantime.
  }
}

describe('npm run demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-demo-'))
  const running = new Set<ChildProcess>()
  after(() => {
    for (const child of running) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 20 })
  })

  const start = (...args: readonly string[]) => {
    const child = spawn(process.execPath, [`${root}dev/demo/main.ts`, ...args], {
      env: { ...process.env, KONSTRUCT_DEMO_FOLDER: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const output = { text: '' }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        output.text += data.toString('utf8')
      })
    const exited = once(child, 'close').then(([code]) => {
      running.delete(child)
      return code as number | null
    })
    return { child, output, exited }
  }

  /** Processes that have the demo's folder in their arguments or surroundings. */
  const left = (): readonly string[] =>
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
      .filter((pid) => {
        try {
          const facts =
            readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
          return facts.includes(folder)
        } catch {
          return false
        }
      })

  /** Addresses, as /proc/net/tcp has them, that processes of the demo listen on and that others can reach. */
  const openToOthers = (): readonly string[] => {
    const sockets = new Set(
      left().flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))),
    )
    return ['tcp', 'tcp6']
      .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === listening && sockets.has(`socket:[${fields[9]}]`))
      .flatMap((fields) => fields[1] ?? [])
      .filter((address) => !loopback.test(address))
  }

  const nothingLeft = () =>
    waitUntil({ until: 'nothing is left', deadlineMs: 60_000 }, () => left().length === 0)

  it('answers one message with --once, tells the timings, and leaves nothing behind', async () => {
    const { output, exited } = start('--once', 'Hello', '--port', String(await freePort()))
    assert.equal(await exited, 0, output.text)
    assert.match(output.text, /I am Ava/)
    assert.match(output.text, /answered: accepted after \d+ ms, first text after \d+ ms, end after \d+ ms/)
    await nothingLeft()
  }).timeout(120_000)

  it('serves the page on this machine alone, recovers what a kill -9 left, starts a dead part again, and ends on SIGTERM', async () => {
    const port = await freePort()
    const first = start('--port', String(port))
    await waitUntil({ until: 'it is ready', deadlineMs: 90_000 }, () => first.output.text.includes('Ctrl-C'))
    const page = await fetch(`http://127.0.0.1:${port}/chat/acme`)
    assert.match(await page.text(), /<html/)
    assert.deepEqual(openToOthers(), [])
    first.child.kill('SIGKILL')
    await first.exited
    await nothingLeft()

    const second = start('--port', String(port), '--gateways', '2', '--orchestrators', '2')
    await waitUntil({ until: 'it is ready', deadlineMs: 90_000 }, () => second.output.text.includes('Ctrl-C'))
    const gateway = left().find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`node\0${root}services/gateway/main.ts`),
    )
    process.kill(Number(gateway ?? assert.fail('no gateway runs')), 'SIGKILL')
    await waitUntil({ until: 'it runs again', deadlineMs: 60_000 }, () =>
      /gateway-\d ended; it starts again.*gateway-\d runs again/s.test(second.output.text),
    )
    second.child.kill('SIGTERM')
    assert.equal(await second.exited, 0, second.output.text)
    await nothingLeft()
  }).timeout(240_000)

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { output, exited } = start('--port', String(port))
    assert.equal(await exited, 1)
    server.close()
    assert.match(output.text, new RegExp(`port ${port} of 127.0.0.1 cannot be used`))
    await nothingLeft()
  }).timeout(120_000)
})
