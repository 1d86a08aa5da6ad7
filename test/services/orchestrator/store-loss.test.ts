import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { announceStop } from '../../../services/shared/redis/live-stream.ts'
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

  let finish = (): void => {}
  beforeEach(() => {
    stage.model.script = (answer) => {
      answer.text('One ')
      finish = () => {
        answer.text('two')
        answer.finish()
      }
    }
  })

  /** A reply that was written to its end while PostgreSQL was away. */
  const written = async (): Promise<TurnRef> => {
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
    return ref
  }

  it('mid-reply, longer than the lease: the reply is kept, written on and saved once, by the same attempt', async () => {
    const ref = await written()
    await sleep(leaseMs * 1.5)
    await shut(false)
    assert.deepEqual((await stage.ended(ref)).attempt, 1)
    assert.deepEqual(await stage.replies(ref), [{ text: 'One two', finish: 'complete' }])
  })

  it('when a reply was written to its end, and its user stops it then: it is saved as it was read', async () => {
    const ref = await written()
    // Saving it was tried, and will be again.
    await sleep(leaseMs / 2)
    await announceStop(stage.redis.redis, webchatResponseKey(ref.tenant, ref.conversation), ref.turn)
    await sleep(leaseMs / 4)
    await shut(false)
    const { state, attempt } = await stage.ended(ref)
    assert.deepEqual([state, attempt], ['answered', 1])
    assert.deepEqual(await stage.replies(ref), [{ text: 'One two', finish: 'complete' }])
  })
})
