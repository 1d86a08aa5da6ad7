import assert from 'node:assert/strict'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { announceStop } from '../../../services/shared/redis/live-stream.ts'
import { requestStop } from '../../../services/shared/store/request-stop.ts'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { Stage, writtenText } from './stage.ts'

describe('Stopping a reply', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
    await stage.start()
  })
  after(() => stage.strike())
  beforeEach(() => {
    stage.model.script = (answer) => answer.text('Once upon a time')
  })

  const writing = (ref: TurnRef): Promise<unknown> =>
    waitUntil({ until: 'it is being written' }, async () => writtenText(await stage.events(ref)) !== '')

  const keptAndMarked = async (ref: TurnRef, text: string): Promise<void> => {
    const turn = await stage.ended(ref)
    assert.deepEqual([turn.state, turn.code], ['stopped', null])
    assert.deepEqual(await stage.replies(ref), [{ text, finish: 'stopped' }])
    assert.equal(writtenText(await stage.events(ref)), text)
  }

  it('keeps what was written, marked, within a moment, and hangs up on the model', async () => {
    const ref = await stage.send()
    await writing(ref)
    assert.ok(await requestStop(stage.store.app, ref, 'ann'))
    const before = performance.now()
    await announceStop(stage.redis.redis, webchatResponseKey(ref.tenant, ref.conversation), ref.turn)
    await keptAndMarked(ref, 'Once upon a time')
    assert.ok(performance.now() - before < 1_000)
    await waitUntil({ until: 'the model is hung up on' }, () => stage.model.asked.at(-1)?.closed.aborted)
  })

  it('works when nobody heard the wish, only a little later', async () => {
    const ref = await stage.send()
    await writing(ref)
    await requestStop(stage.store.app, ref, 'ann')
    await keptAndMarked(ref, 'Once upon a time')
  })

  it('works for a turn that has not begun, and the model is not asked', async () => {
    stage.model.asked.length = 0
    const ref = await stage.send({ publish: false })
    await requestStop(stage.store.app, ref, 'ann')
    await stage.tell(ref)
    await keptAndMarked(ref, '')
    assert.equal(stage.model.asked.length, 0)
    assert.equal((await stage.turn(ref)).inputTokens, 0)
  })

  it('counts what the model read when it is stopped before the first word', async () => {
    stage.model.asked.length = 0
    const asked = Promise.withResolvers<void>()
    stage.model.script = () => asked.resolve()
    const user = 'of-no-memories'
    const ref = await stage.send({ user })
    await asked.promise
    await requestStop(stage.store.app, ref, user)
    await announceStop(stage.redis.redis, webchatResponseKey(ref.tenant, ref.conversation), ref.turn)
    await keptAndMarked(ref, '')
    const { inputTokens, outputTokens } = await stage.turn(ref)
    // 'Answer briefly.' and 'Hello': 20 characters.
    assert.deepEqual([inputTokens, outputTokens], [5, 0])
  })

  it('means one turn: the next one of the conversation is answered', async () => {
    const first = await stage.send()
    await writing(first)
    const next = await stage.send({ conversation: first.conversation })
    stage.model.script = (answer) => {
      answer.text('Hello')
      answer.finish()
    }
    await requestStop(stage.store.app, first, 'ann')
    await announceStop(stage.redis.redis, webchatResponseKey(first.tenant, first.conversation), first.turn)
    assert.equal((await stage.ended(next)).state, 'answered')
    assert.equal((await stage.turn(first)).state, 'stopped')
  })
})
