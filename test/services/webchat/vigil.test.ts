import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { Vigil } from '../../../services/webchat/vigil.ts'

describe('the vigil over a reply', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  const bench = (isNeeded: () => boolean) => {
    const state = { probes: 0 }
    return { state, vigil: new Vigil({ isNeeded, probe: () => void state.probes++ }) }
  }

  it('asks for a sign of life after a silence, and again after the next one', () => {
    const { state, vigil } = bench(() => true)
    vigil.heard()
    mock.timers.tick(10_000)
    vigil.heard()
    mock.timers.tick(14_999)
    assert.equal(state.probes, 0)
    mock.timers.tick(1)
    assert.equal(state.probes, 1)
    vigil.heard()
    mock.timers.tick(15_000)
    assert.equal(state.probes, 2)
  })

  it('asks nothing while no reply is waited for, nor after its end', () => {
    let needed = false
    const { state, vigil } = bench(() => needed)
    vigil.heard()
    mock.timers.tick(60_000)
    needed = true
    vigil.heard()
    vigil.close()
    mock.timers.tick(60_000)
    assert.equal(state.probes, 0)
  })
})
