import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { SignInNeeded } from '../../../services/webchat/refusals.ts'
import { bench, settle, subscribe } from './connection-bench.ts'
import type { Opened } from './connection-bench.ts'

describe('the connection, where nobody answers', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 }))
  afterEach(() => mock.timers.reset())

  it('takes the silence after a question for a lost socket', async () => {
    const { connection, open, later, sockets } = bench()
    const first = await open()
    first.onMessage('{"type":"welcome"}')
    connection.send(subscribe)
    await later(10_000)
    assert.equal(first.closed, true)
    await later(500)
    assert.equal(sockets.length, 2)
  })

  const never = (): Promise<never> => new Promise(() => undefined)

  for (const [what, over, answer] of [
    ['a token', { token: never }, () => undefined],
    ['a socket', {}, () => undefined],
    ['why it was refused', { explainRefusal: never }, ({ onClose }: Opened) => onClose(1006)],
    ['a welcome', {}, ({ onOpen }: Opened) => onOpen()],
  ] as const)
    it(`begins again when it has waited long enough for ${what}`, async () => {
      const { connection, sockets, statuses, last, later } = bench(over)
      connection.start()
      await settle()
      if (sockets.length > 0) answer(last())
      await later(15_000)
      assert.deepEqual(statuses.at(-1), { name: 'waiting', until: Date.now() + 250 })
      await later(250)
      assert.deepEqual(statuses.at(-1), { name: 'connecting' })
      assert.ok(sockets.slice(0, -1).every(({ closed }) => closed))
      connection.close()
    })

  it('waits no longer for a token once there is none to be had', async () => {
    const { connection, later, status } = bench({ token: () => Promise.reject(new SignInNeeded('no')) })
    connection.start()
    await settle()
    await later(60_000)
    assert.deepEqual(status(), { name: 'ended', why: 'sign-in' })
  })

  for (const way of ['start', 'hurry'] as const)
    it(`leaves an attempt that is stuck for another one on ${way}(), but not one that has just begun`, async () => {
      const { connection, sockets, later } = bench()
      connection.start()
      await later(4_999)
      connection[way]()
      await settle()
      assert.equal(sockets.length, 1)
      await later(1)
      connection[way]()
      await settle()
      assert.deepEqual(
        sockets.map(({ closed }) => closed),
        [true, false],
      )
      connection.close()
    })

  it('takes any word of the gateway for life', async () => {
    const { connection, open, later, sockets } = bench()
    const first = await open()
    connection.send(subscribe)
    first.onMessage('{"type":"accepted"}')
    await later(60_000)
    assert.equal(sockets.length, 1)
  })
})
