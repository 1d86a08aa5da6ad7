import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { ChatClosed, SignInNeeded, TenantMissing } from '../../../services/webchat/refusals.ts'
import { bench, settle, subscribe } from './connection-bench.ts'

describe('the connection', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 }))
  afterEach(() => mock.timers.reset())

  it('offers the protocol and the token, encoded for a header', async () => {
    const { open } = bench()
    const { protocols } = await open()
    assert.deepEqual(protocols, ['konstruct.v1', 'konstruct.bearer.dMO2a8Opbg'])
  })

  it('comes back by itself after a lost network, later each time, up to a bound', async () => {
    const { open, last, later, sockets, status } = bench()
    await open()
    const waits: number[] = []
    for (let i = 0; i < 9; i++) {
      last().onClose(1006)
      await settle()
      const now = status()
      waits.push(now?.name === 'waiting' ? now.until - Date.now() : -1)
      await later(20_000)
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 10000, 10000, 10000])
    assert.equal(sockets.length, 10)
  })

  it('begins with short waits again after a stable time', async () => {
    const { open, last, later, status } = bench()
    await open()
    for (let i = 0; i < 5; i++) {
      last().onClose(1006)
      await settle()
      await later(20_000)
    }
    last().onOpen()
    last().onMessage('{"type":"welcome"}')
    await later(10_000)
    last().onClose(1006)
    assert.deepEqual(status(), { name: 'waiting', until: Date.now() + 250 })
  })

  it('comes back when the gateway that goes has said, with jitter', async () => {
    const { open, last, status } = bench()
    await open()
    last().onMessage('{"type":"reconnect","afterMs":3000}')
    last().onClose(1012)
    assert.deepEqual(status(), { name: 'waiting', until: Date.now() + 3250 })
  })

  it('tries at once when the network is back', async () => {
    const { connection, open, last, sockets } = bench()
    await open()
    last().onClose(1006)
    connection.hurry()
    await settle()
    assert.equal(sockets.length, 2)
  })

  it('waits as long as the gateway has asked for, unless somebody insists', async () => {
    const { connection, open, last, sockets } = bench()
    await open()
    last().onClose(1012)
    connection.hurry()
    await settle()
    assert.equal(sockets.length, 1)
    connection.start()
    await settle()
    assert.equal(sockets.length, 2)
  })

  it('asks for a new token when the old one ends', async () => {
    const { open, last, later, refused } = bench()
    await open()
    last().onClose(4401)
    await later(0)
    assert.deepEqual(refused, [null, 'tökén'])
  })

  it('waits between renewals when no token pleases the gateway', async () => {
    const { open, last, later, status } = bench()
    await open()
    for (let i = 0; i < 4; i++) {
      last().onClose(4401)
      await later(i === 0 ? 0 : 20_000)
      last().onOpen()
    }
    last().onClose(4401)
    const now = status()
    assert.ok(now?.name === 'waiting' && now.until - Date.now() >= 2000)
  })

  for (const [code, why] of [
    [4403, 'forbidden'],
    [4400, 'protocol'],
  ] as const)
    it(`does not come back after ${code}`, async () => {
      const { open, last, later, sockets, status } = bench()
      await open()
      last().onClose(code)
      await later(60_000)
      assert.deepEqual([status(), sockets.length], [{ name: 'ended', why }, 1])
    })

  it('asks over HTTP why an upgrade was refused, since a browser does not tell', async () => {
    const { connection, last, later, refused } = bench({ explainRefusal: async () => 4401 })
    connection.start()
    await settle()
    last().onClose(1006)
    await settle()
    await later(0)
    assert.deepEqual(refused, [null, 'tökén'])
  })

  for (const [error, why] of [
    [new SignInNeeded('no'), 'sign-in'],
    [new ChatClosed('no'), 'forbidden'],
    [new TenantMissing('no'), 'missing'],
  ] as const)
    it(`ends with "${why}" when no token is to be had, and tries again when asked to`, async () => {
      let fails = true
      const { connection, sockets, status } = bench({
        token: async () => {
          if (fails) throw error
          return 'token'
        },
      })
      connection.start()
      await settle()
      assert.deepEqual(status(), { name: 'ended', why })
      fails = false
      connection.start()
      await settle()
      assert.equal(sockets.length, 1)
    })

  it('says that nothing was sent while there is no socket', async () => {
    const { connection, open } = bench()
    assert.equal(connection.send(subscribe), false)
    await open()
    assert.equal(connection.send(subscribe), true)
  })

  it('hears nothing more of a socket that it has left', async () => {
    const { connection, open, frames, later, sockets } = bench()
    const first = await open()
    connection.close()
    first.onMessage('{"type":"welcome"}')
    first.onClose(1006)
    await later(60_000)
    assert.deepEqual([frames, sockets.length], [[], 1])
  })

  it('skips what is no JSON', async () => {
    const { open, frames } = bench()
    ;(await open()).onMessage('{')
    assert.deepEqual(frames, [])
  })
})
