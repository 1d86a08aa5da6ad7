import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const child = new URL('run-service-child.ts', import.meta.url).pathname

interface Line {
  readonly message: string
  readonly level: string
  readonly reason?: string
}

/** Runs a service until it ends; asks it to stop once it has started. Every line that it writes has to be JSON. */
const run = async (what: string): Promise<{ readonly code: unknown; readonly lines: readonly Line[] }> => {
  const process = spawn(globalThis.process.execPath, [child, what], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let asked = false
  process.stdout.on('data', (data: Buffer) => {
    output += data.toString('utf8')
    if (!asked && output.includes('"started"')) asked = process.kill('SIGTERM')
  })
  const [code] = (await once(process, 'close')) as [unknown]
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  return { code, lines }
}

describe('A service that is run', () => {
  it('ends with 0 when it was asked to', async () => {
    const { code, lines } = await run('runs')
    assert.equal(code, 0)
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['started', 'stopping', 'stopped'],
    )
  })

  it('ends with 78 when it cannot be configured, and with 1 when it breaks, and says why', async () => {
    assert.equal((await run('cannot be configured')).code, 78)
    const { code, lines } = await run('breaks')
    assert.equal(code, 1)
    assert.equal(lines.at(-1)?.message, 'cannot go on')
  })

  it('ends all the same when its stop takes too long', async () => {
    const { code, lines } = await run('never stops')
    assert.equal(code, 1)
    assert.equal(lines.at(-1)?.message, 'stop took too long')
  })

  it('keeps what a library writes to the console in its log', async () => {
    const { lines } = await run('chatters')
    assert.equal(lines[0]?.reason, 'Rolling back x failed')
  })
})
