// The migrations as the process that a release starts before anything else.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FreshStore, freshStore } from '../support/fresh-store.ts'

const main = new URL('../../migrations/main.ts', import.meta.url).pathname

describe('The process of the migrations', function () {
  this.timeout(60_000)
  let store: FreshStore

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  const run = async (url: URL) => {
    const settings = { KONSTRUCT_OWNER_DATABASE_URL: url.href, KONSTRUCT_WAIT_SECONDS: '300' }
    const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...settings } })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const giveUp = setTimeout(() => child.kill(), 40_000)
    const [code] = (await once(child, 'exit')) as [number | null]
    clearTimeout(giveUp)
    return { code, output }
  }

  it('does not wait for a database that refuses it as long as for one that is away, and says why', async () => {
    const url = new URL(store.urls.owner.reveal())
    url.password = 'wrong'
    const { code, output } = await run(url)
    assert.equal(code, 1)
    assert.match(output, /It does not take the user name or the password.*migrations failed/)
  })

  it('ends well on a database that is up to date', async () => {
    const { code, output } = await run(new URL(store.urls.owner.reveal()))
    assert.equal(code, 0, output)
  })
})
