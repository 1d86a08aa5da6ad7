import assert from 'node:assert/strict'
import { memoryStorage } from '../../../services/webchat/browser-storage.ts'
import { SignInNeeded } from '../../../services/webchat/refusals.ts'
import { hostToken, visitorToken } from '../../../services/webchat/visitor-token.ts'
import type { TokenPorts } from '../../../services/webchat/visitor-token.ts'

const hour = 3_600_000

const ports = (): TokenPorts & { now: () => number; made: () => number } => {
  let made = 0
  let last: Promise<unknown> = Promise.resolve()
  return {
    storage: memoryStorage(),
    now: () => 0,
    made: () => made,
    becomeVisitor: async () => {
      made++
      await Promise.resolve()
      return { token: `token-${made}`, user: `user-${made}`, expiresAt: new Date(hour).toISOString() }
    },
    alone: (_name, work) => {
      const next = last.then(work)
      last = next
      return next
    },
  }
}

describe("a visitor's token", () => {
  it('is kept, so that a visitor stays the same one', async () => {
    const given = ports()
    assert.equal(await visitorToken(given, 'acme')(false), 'token-1')
    assert.equal(await visitorToken(given, 'acme')(false), 'token-1')
  })

  it('is one for all tabs that open at once', async () => {
    const given = ports()
    const tokens = await Promise.all([visitorToken(given, 'acme')(false), visitorToken(given, 'acme')(false)])
    assert.deepEqual([tokens, given.made()], [['token-1', 'token-1'], 1])
  })

  it('is one for all tabs, also where they cannot take turns', async () => {
    const given: TokenPorts = { ...ports(), alone: (_name, work) => work() }
    const [one, other] = await Promise.all([
      visitorToken(given, 'acme')(false),
      visitorToken(given, 'acme')(false),
    ])
    assert.equal(one, other)
  })

  it('is another one after it was refused', async () => {
    const token = visitorToken(ports(), 'acme')
    await token(false)
    assert.equal(await token(true), 'token-2')
  })

  it('is the one that another tab has renewed meanwhile', async () => {
    const given = ports()
    const [one, other] = [visitorToken(given, 'acme'), visitorToken(given, 'acme')]
    await one(false)
    await other(false)
    assert.equal(await one(true), 'token-2')
    assert.equal(await other(true), 'token-2')
  })

  it('is renewed before it runs out', async () => {
    const given = ports()
    await visitorToken(given, 'acme')(false)
    assert.equal(await visitorToken({ ...given, now: () => hour - 30_000 }, 'acme')(false), 'token-2')
  })

  it('is of one tenant only', async () => {
    const given = ports()
    await visitorToken(given, 'acme')(false)
    assert.equal(await visitorToken(given, 'globex')(false), 'token-2')
  })
})

describe("a host's token", () => {
  it('is asked for once, and again when it was refused', async () => {
    const asked: boolean[] = []
    const token = hostToken(async (renew) => `jwt-${asked.push(renew)}`)
    await token(false)
    await token(false)
    await token(true)
    assert.deepEqual(asked, [false, true])
  })

  it('asks the reader to sign in when there is none', async () => {
    await assert.rejects(hostToken(async () => null)(false), SignInNeeded)
  })

  it('asks the reader to sign in when the renewed one is the one that was refused, until there is another', async () => {
    let jwt = 'expired'
    const token = hostToken(async () => jwt)
    await token(false)
    await assert.rejects(token(true), SignInNeeded)
    await assert.rejects(token(true), SignInNeeded)
    jwt = 'fresh'
    assert.equal(await token(true), 'fresh')
  })
})
