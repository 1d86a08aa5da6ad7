import assert from 'node:assert/strict'
import { Client } from 'pg'
import { waitUntil } from '../../support/wait-until.ts'
import { Stage, writtenText } from './stage.ts'

describe('PostgreSQL that is away', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  const leaseMs = 1_200
  let stage: Stage
  let admin: Client
  before(async () => {
    stage = await Stage.set()
    await stage.start({ leaseMs })
    const url = new URL(stage.store.adminUrl.reveal())
    url.pathname = '/postgres'
    admin = new Client({ connectionString: url.href })
    await admin.connect()
  })
  after(async () => {
    await admin.end()
    await stage.strike()
  })

  /** No connection is left and none is let in, as while a server is replaced. */
  const shut = async (shutOut: boolean): Promise<void> => {
    const name = new URL(stage.store.adminUrl.reveal()).pathname.slice(1)
    await admin.query(`alter database ${name} with allow_connections ${String(!shutOut)}`)
    if (shutOut)
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  }

  it('mid-reply, longer than the lease: the reply is kept, written on and saved once, by the same attempt', async () => {
    let finish = (): void => {}
    stage.model.script = (answer) => {
      answer.text('One ')
      finish = () => {
        answer.text('two')
        answer.finish()
      }
    }
    const ref = await stage.send()
    const shows = (text: string) =>
      waitUntil(
        { until: `the stream shows "${text}"` },
        async () => writtenText(await stage.events(ref)) === text,
      )
    await shows('One ')
    await shut(true)
    finish()
    await shows('One two')
    await new Promise((resolve) => {
      setTimeout(resolve, leaseMs * 1.5)
    })
    await shut(false)
    assert.deepEqual((await stage.ended(ref)).attempt, 1)
    assert.deepEqual(await stage.replies(ref), [{ text: 'One two', finish: 'complete' }])
  })
})
