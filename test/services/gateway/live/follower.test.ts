import assert from 'node:assert/strict'
import {
  Follower,
  nowhere,
  type Answer,
  type NumberedFrame,
} from '../../../../services/gateway/live/follower.ts'

const frame = (seq: number, epoch = 7): NumberedFrame => ({
  epoch,
  seq,
  bytes: Buffer.from(`${epoch}/${seq}`),
})

const answer = (seq: number, changes: Partial<Answer> = {}): Answer => ({
  subscribed: Buffer.from(`subscribed ${seq}`),
  position: { epoch: 7, seq },
  events: [],
  withoutStream: false,
  ...changes,
})

describe('A follower', () => {
  let sent: string[]
  let outlet: { congested: boolean; sendBytes(bytes: Buffer): void }
  let follower: Follower

  beforeEach(() => {
    sent = []
    outlet = { congested: false, sendBytes: (bytes) => void sent.push(bytes.toString('utf8')) }
    follower = new Follower(outlet)
    follower.hold()
  })

  it('keeps what comes while it joins, and drops what the answer had', () => {
    follower.deliver(frame(2))
    follower.deliver(frame(3))
    follower.deliver(frame(4))
    assert.deepEqual(sent, [])
    follower.admit(answer(1, { events: [frame(2), frame(3)] }))
    assert.deepEqual(sent, ['subscribed 1', '7/2', '7/3', '7/4'])
  })

  it('sends nothing that does not continue what the socket has, and wants to join again', () => {
    follower.admit(answer(1))
    follower.deliver(frame(3))
    follower.deliver(frame(2))
    assert.deepEqual(sent, ['subscribed 1'])
    assert.ok(follower.isLeft)
    follower.hold()
    follower.admit(answer(1, { events: [frame(2), frame(3)] }))
    assert.deepEqual(sent.slice(1), ['subscribed 1', '7/2', '7/3'])
  })

  it('sends nothing of another epoch', () => {
    follower.admit(answer(1))
    follower.deliver(frame(2, 8))
    assert.deepEqual(sent, ['subscribed 1'])
    assert.ok(follower.isLeft)
  })

  it('sends nothing to a slow reader, and wants to join again when that one has read', () => {
    follower.admit(answer(1))
    outlet.congested = true
    follower.deliver(frame(2))
    assert.ok(!follower.isLeft)
    outlet.congested = false
    assert.ok(follower.isLeft)
    assert.deepEqual(follower.position, { epoch: 7, seq: 1 })
    assert.deepEqual(sent, ['subscribed 1'])
  })

  it('wants to join again after an answer that was made without the stream', () => {
    follower.admit(answer(0, { position: nowhere, withoutStream: true }))
    assert.deepEqual(sent, ['subscribed 0'])
    assert.ok(follower.isLeft)
  })

  it('joins once at a time', async () => {
    const order: string[] = []
    const first = follower.inTurn(async () => {
      await Promise.resolve()
      order.push('first')
    })
    const second = follower.inTurn(() => Promise.resolve(void order.push('second')))
    follower.wait()
    assert.ok(!follower.isLeft)
    await Promise.all([first, second])
    assert.deepEqual(order, ['first', 'second'])
    assert.ok(follower.isLeft)
  })
})
