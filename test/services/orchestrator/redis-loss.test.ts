import assert from 'node:assert/strict'
import type { RedisPart } from '../../../dev/parts/redis.ts'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { sessionKey } from '../../../services/shared/redis/keys.ts'
import { ownRedis } from '../../support/parts.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { sayHello } from './scripted-model.ts'
import { Stage, writtenText } from './stage.ts'

describe('Redis that is lost mid-reply', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let redis: RedisPart
  let stage: Stage
  let say: (text: string | null) => void
  before(async () => {
    redis = await ownRedis()
    stage = await Stage.set({ redisUrl: redis.url })
    await stage.start({ leaseMs: 1_500 })
  })
  after(async () => {
    await stage.strike()
    await redis.stop()
  })
  beforeEach(() => {
    stage.model.script = (answer) => {
      say = (text) => (text === null ? answer.finish() : answer.text(text))
      say('One ')
    }
  })

  const shows = (ref: TurnRef, text: string): Promise<unknown> =>
    waitUntil(
      { until: `the stream shows "${text}"` },
      async () => writtenText(await stage.events(ref)) === text,
    )

  const flush = (): Promise<unknown> =>
    stage.redis.redis.run(
      { name: 'testFlush', lua: `return redis.call('FLUSHALL')` },
      sessionKey('x', 'x'),
      [],
    )

  it('holds the whole text again with the next words after FLUSHALL, and loses nothing', async () => {
    const ref = await stage.send()
    await shows(ref, 'One ')
    await flush()
    say('two ')
    await shows(ref, 'One two ')
    assert.deepEqual(
      (await stage.events(ref)).map((event) => (event.kind === 'state' ? event.state : event.kind)),
      ['restarted', 'writing', 'delta'],
    )
    say('three')
    say(null)
    assert.equal((await stage.ended(ref)).state, 'answered')
    assert.equal(writtenText(await stage.events(ref)), 'One two three')
    assert.deepEqual(await stage.replies(ref), [{ text: 'One two three', finish: 'complete' }])
  })

  it('announces the whole reply even when nothing was written between FLUSHALL and the end', async () => {
    const ref = await stage.send()
    await shows(ref, 'One ')
    await flush()
    say(null)
    await stage.ended(ref)
    const message = (await stage.events(ref)).find((event) => event.kind === 'message')
    assert.equal(message?.message.text, 'One ')
  })

  it('goes on without Redis, saves, and announces when Redis is back', async () => {
    const ref = await stage.send()
    await shows(ref, 'One ')
    const port = Number(new URL(redis.url).port)
    await redis.kill()
    say('two')
    say(null)
    stage.model.script = sayHello
    await waitUntil({ until: 'the reply is saved' }, async () => (await stage.replies(ref)).length === 1)
    const during = await stage.send()
    await waitUntil(
      { until: 'a turn is answered without Redis', deadlineMs: 10_000 },
      async () => (await stage.turn(during)).state === 'answered',
    )
    redis = await ownRedis({ port })
    for (const turn of [ref, during]) {
      await stage.ended(turn, 15_000)
      assert.equal((await stage.replies(turn)).length, 1)
    }
    await waitUntil({ until: 'nothing is left open' }, async () => (await stage.open()) === 0)
  }).timeout(40_000)
})
