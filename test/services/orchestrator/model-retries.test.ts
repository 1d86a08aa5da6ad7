import assert from 'node:assert/strict'
import { retryDelay, retryRules } from '../../../services/orchestrator/model-retries.ts'
import { ModelFailure, type ModelFault } from '../../../services/orchestrator/models/model.ts'

const failure = (fault: ModelFault, retryAfterMs?: number): ModelFailure =>
  new ModelFailure(fault, retryAfterMs === undefined ? {} : { retryAfterMs })
const almostOne = (): number => 0.999_999

describe('Asking a model again', () => {
  it('helps for no connection, an error of the server and a limit, and for nothing else', () => {
    const retried = Object.entries(retryRules).flatMap(([fault, { retries }]) => (retries > 0 ? [fault] : []))
    assert.deepEqual(new Set(retried), new Set(['connection', 'server_error', 'rate_limited']))
  })

  it('waits up to twice as long each time, anything from nothing on, and ends', () => {
    const waits = [0, 1, 2, 3].map((retried) => retryDelay(failure('server_error'), retried, almostOne))
    assert.deepEqual(
      waits.map((ms) => (ms === null ? null : Math.round(ms))),
      [250, 500, 1_000, null],
    )
    assert.equal(
      retryDelay(failure('server_error'), 2, () => 0),
      0,
    )
  })

  it('never waits shorter than the server asked, and not at all when that is too long', () => {
    assert.equal(
      retryDelay(failure('rate_limited', 5_000), 0, () => 0),
      5_000,
    )
    assert.equal(retryDelay(failure('rate_limited', 60_000), 0, almostOne), null)
  })
})
