import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { sayHello, type ModelScript } from './scripted-model.ts'
import { Stage, writtenText } from './stage.ts'

describe('What a model does wrong', function () {
  // Whole turns on real parts, on a machine that may be busy.
  this.timeout(30_000)
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
    await stage.start()
    await stage.publish({
      model: { timeouts: { firstTokenSeconds: 1, idleSeconds: 1, totalSeconds: 3 }, maxOutputTokens: 20 },
    })
  })
  after(() => stage.strike())
  beforeEach(() => {
    stage.model.asked.length = 0
  })

  const endOf = async (script: ModelScript) => {
    stage.model.script = script
    const ref = await stage.send()
    const turn = await stage.ended(ref)
    const [reply, ...more] = await stage.replies(ref)
    assert.deepEqual(more, [], 'one reply')
    return { turn, reply, events: await stage.events(ref) }
  }

  const silentFor = (_: unknown, asked: { readonly closed: AbortSignal }): Promise<void> =>
    new Promise((resolve) => {
      asked.closed.addEventListener('abort', () => resolve())
    })

  const failures: readonly (readonly [name: string, kept: string, script: ModelScript])[] = [
    ['status 400', '', (answer) => answer.status(400)],
    ['status 500 again and again', '', (answer) => answer.status(500)],
    ['a limit that lasts too long', '', (answer) => answer.status(429, { 'retry-after': '3600' })],
    [
      'a limit that lasts longer than the turn may',
      '',
      (answer) => answer.status(429, { 'retry-after': '4' }),
    ],
    [
      'a cut mid-stream',
      'Half a',
      (answer) => (answer.text('Half', ' a'), sleep(60).then(() => answer.cut())),
    ],
    ['an end without a finish reason', 'Half a', (answer) => (answer.text('Half', ' a'), answer.end())],
    ['a malformed chunk', 'Half a', (answer) => (answer.text('Half', ' a'), answer.raw('data: {oops\n\n'))],
    ['silence before the first token', '', silentFor],
    [
      'silence after the first token',
      'Half',
      (answer, asked) => (answer.text('Half'), silentFor(answer, asked)),
    ],
    ['a content filter', 'Half', (answer) => (answer.text('Half'), answer.finish('content_filter'))],
    ['an answer without a word', '', (answer) => answer.finish()],
  ]
  for (const [name, kept, script] of failures)
    it(`ends in a visible error after ${name}, and keeps what was written`, async () => {
      const { turn, reply, events } = await endOf(script)
      assert.deepEqual([turn.state, turn.code], ['failed', 'MODEL_UNAVAILABLE'])
      assert.deepEqual(reply, { text: kept, finish: 'failed' })
      assert.equal(writtenText(events), kept)
      assert.deepEqual(events.at(-1), {
        kind: 'state',
        turn: events.at(-1)?.kind === 'state' ? (events.at(-1) as { turn: string }).turn : '',
        state: 'failed',
        code: 'MODEL_UNAVAILABLE',
      })
    })

  it('cuts an answer without end, in length', async () => {
    const { turn, reply } = await endOf(async (answer, { closed }) => {
      while (!closed.aborted) {
        answer.text('more and more ')
        await sleep(1)
      }
    })
    assert.equal(turn.code, 'MODEL_UNAVAILABLE')
    assert.equal(reply?.finish, 'failed')
    assert.ok(reply.text.length > 150 && reply.text.length < 200, String(reply.text.length))
  })

  it('cuts an answer without end, in time', async () => {
    const { turn, reply } = await endOf(async (answer, { closed }) => {
      while (!closed.aborted) {
        answer.text('.')
        await sleep(100)
      }
    })
    assert.equal(turn.code, 'MODEL_UNAVAILABLE')
    assert.ok((reply?.text.length ?? 0) > 20)
  })

  it('asks again after a failure before the first token, and answers', async () => {
    let tries = 0
    const { turn, reply } = await endOf((answer, asked) => {
      tries += 1
      if (tries === 1) return answer.status(503)
      if (tries === 2) return answer.cut()
      return sayHello(answer, asked)
    })
    assert.equal(turn.state, 'answered')
    assert.equal(reply?.text, 'Hello')
    assert.equal(tries, 3)
  })

  it('asks no second time once a word was shown', async () => {
    await endOf((answer) => (answer.text('Half'), answer.end()))
    assert.equal(stage.model.asked.length, 1)
  })

  it('shows an answer that reached the limit of tokens as it is', async () => {
    const { turn, reply } = await endOf((answer) => (answer.text('All that fits'), answer.finish('length')))
    assert.equal(turn.state, 'answered')
    assert.deepEqual(reply, { text: 'All that fits', finish: 'complete' })
  })

  it('counts nothing for a request that the model sent back, and what it read of one that it left without an answer', async () => {
    assert.equal((await endOf((answer) => answer.status(400))).turn.inputTokens, 0)
    assert.ok((await endOf(silentFor)).turn.inputTokens > 0)
  })

  it('estimates the tokens that the model did not tell', async () => {
    const { turn } = await endOf((answer) => (answer.text('12345678'), answer.finish('stop', null)))
    assert.equal(turn.outputTokens, 2)
    assert.ok(turn.inputTokens > 0)
  })
})
