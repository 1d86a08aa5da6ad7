import assert from 'node:assert/strict'
import { RunningTurns } from '../../../services/orchestrator/running-turns.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'

const ref = { tenant: 'acme', conversation: 'c', turn: 't' }

describe('A turn that runs', () => {
  let running: RunningTurns
  beforeEach(() => {
    running = new RunningTurns({ log: silentLog, renew: () => Promise.resolve([]) }, 60_000)
  })
  afterEach(() => running.close())

  it("is still this worker's when its user stops it, and may be lost after that", () => {
    const { signal, loss } = running.begin(ref)
    running.abort(ref.turn, 'stopped')
    assert.deepEqual([signal.reason, loss.aborted], ['stopped', false])
    running.abort(ref.turn, 'lost')
    assert.deepEqual([signal.reason, loss.reason], ['stopped', 'lost'])
  })

  it('is given up when it is lost, and when all are given up, also if it begins then', () => {
    const { signal, loss } = running.begin(ref)
    running.abort(ref.turn, 'lost')
    assert.deepEqual([signal.reason, loss.reason], ['lost', 'lost'])
    running.abandonAll()
    assert.equal(running.begin({ ...ref, turn: 'u' }).loss.reason, 'abandoned')
  })
})
