import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { SendFrame } from '../../../services/shared/domain/frames.ts'
import { memoryStorage } from '../../../services/webchat/browser-storage.ts'
import { Delivery } from '../../../services/webchat/delivery.ts'
import { Outbox } from '../../../services/webchat/outbox.ts'

const bench = () => {
  const outbox = new Outbox(memoryStorage(), 'acme')
  const sent: SendFrame[] = []
  const delivery = new Delivery({ outbox, send: (frame) => void sent.push(frame), now: Date.now })
  const said = { user: 'u1', conversation: 'c1', agent: 'support', text: 'hello', after: null }
  delivery.deliver(outbox.add({ id: 's1', ...said }, 1))
  const refuse = (code: 'INTERNAL' | 'RATE_LIMITED' | 'BUDGET_EXHAUSTED', retryAfterMs = 2_000): void =>
    delivery.refused('s1', { type: 'error', code, message: '', id: 's1', retryAfterMs })
  return { outbox, delivery, sent, refuse, refusal: () => outbox.get('s1')?.refusal ?? null }
}

describe('the delivery', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000 }))
  afterEach(() => mock.timers.reset())

  it("repeats by itself what failed by the gateway's own fault, later each time, before it tells the reader", () => {
    const { sent, refuse, refusal } = bench()
    for (const [repeats, waitMs] of [2_000, 4_000, 8_000].entries()) {
      refuse('INTERNAL')
      mock.timers.tick(waitMs - 1)
      assert.deepEqual([sent.length, refusal()], [repeats + 1, null])
      mock.timers.tick(1)
      assert.deepEqual(sent.at(-1), sent[0])
    }
    refuse('INTERNAL')
    mock.timers.tick(600_000)
    assert.deepEqual([sent.length, refusal()], [4, { code: 'INTERNAL', retryAt: 17_000 }])
  })

  it('begins to count anew when the reader sends it again', () => {
    const { delivery, sent, refuse, refusal } = bench()
    for (let i = 0; i < 4; i++) {
      refuse('INTERNAL', 0)
      mock.timers.tick(0)
    }
    assert.equal(refusal()?.code, 'INTERNAL')
    delivery.retry('s1')
    refuse('INTERNAL', 0)
    mock.timers.tick(0)
    assert.deepEqual([sent.length, refusal()], [6, null])
  })

  it('repeats nothing that was accepted or dropped meanwhile, and nothing twice after a new welcome', () => {
    const { outbox, delivery, sent, refuse } = bench()
    refuse('INTERNAL')
    delivery.deliverAll('u1')
    mock.timers.tick(60_000)
    assert.equal(sent.length, 2)
    refuse('INTERNAL')
    outbox.accepted('s1', 'm1')
    mock.timers.tick(60_000)
    outbox.remove('s1')
    refuse('INTERNAL')
    mock.timers.tick(60_000)
    assert.equal(sent.length, 2)
  })

  it('leaves to the reader what was refused for a reason, and says how long to wait, up to a minute', () => {
    const { sent, refuse, refusal } = bench()
    refuse('RATE_LIMITED', 5_000)
    assert.deepEqual(refusal(), { code: 'RATE_LIMITED', retryAt: 6_000 })
    refuse('BUDGET_EXHAUSTED', 86_400_000)
    assert.deepEqual(refusal(), { code: 'BUDGET_EXHAUSTED', retryAt: 61_000 })
    mock.timers.tick(600_000)
    assert.equal(sent.length, 1)
  })
})
