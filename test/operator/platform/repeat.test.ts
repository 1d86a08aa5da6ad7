import assert from 'node:assert/strict'
import { Repeat } from '../../../operator/platform/repeat.ts'
import { FakeClock, settle } from '../fake-clock.ts'

describe('What runs again and again', () => {
  const aRepeat = (run: () => Promise<number>) => {
    const clock = new FakeClock()
    const repeat = new Repeat(clock)
    repeat.start(run)
    return { clock, repeat }
  }

  it('pauses after each run, as long as the run says', async () => {
    let runs = 0
    const { clock, repeat } = aRepeat(async () => (runs += 1) * 1_000)
    await clock.advance(3_500)
    assert.equal(runs, 3)
    await repeat.stop(1_000)
    await clock.advance(60_000)
    assert.equal(runs, 3)
    assert.equal(clock.timers, 0)
  })

  it('waits at its end for the run that runs', async () => {
    const run = Promise.withResolvers<number>()
    const { repeat } = aRepeat(() => run.promise)
    let ended = false
    const stopped = repeat.stop(1_000).then(() => (ended = true))
    await settle()
    assert.equal(ended, false)
    run.resolve(0)
    await stopped
  })

  it('waits no longer than it may for a run that hangs', async () => {
    const { clock, repeat } = aRepeat(() => new Promise<number>(() => {}))
    let ended = false
    void repeat.stop(1_000).then(() => (ended = true))
    await clock.advance(999)
    assert.equal(ended, false)
    await clock.advance(1)
    assert.equal(ended, true)
  })
})
