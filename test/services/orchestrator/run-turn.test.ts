import assert from 'node:assert/strict'
import { Stage, writtenText } from './stage.ts'

describe('A turn, end to end', () => {
  let stage: Stage
  before(async () => {
    stage = await Stage.set()
    await stage.start()
  })
  after(() => stage.strike())

  it('streams the reply, saves it once and announces it whole', async () => {
    const ref = await stage.send()
    const turn = await stage.ended(ref)
    assert.deepEqual(turn, { state: 'answered', code: null, attempt: 1, inputTokens: 11, outputTokens: 7 })
    assert.deepEqual(await stage.replies(ref), [{ text: 'Hello', finish: 'complete' }])
    const events = await stage.events(ref)
    const shape = events.map((event) => (event.kind === 'state' ? event.state : event.kind))
    assert.deepEqual(shape.slice(0, 3), ['thinking', 'writing', 'delta'])
    assert.deepEqual(shape.slice(-2), ['message', 'answered'])
    assert.equal(writtenText(events), 'Hello')
  })
})
