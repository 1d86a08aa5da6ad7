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
    assert.equal(await visitorToken(given, 'acme')(null), 'token-1')
    assert.equal(await visitorToken(given, 'acme')(null), 'token-1')
  })

  it('is one for all tabs that open at once', async () => {
    const given = ports()
    const tokens = await Promise.all([visitorToken(given, 'acme')(null), visitorToken(given, 'acme')(null)])
    assert.deepEqual([tokens, given.made()], [['token-1', 'token-1'], 1])
  })

  it('is one for all tabs, also where they cannot take turns', async () => {
    const given: TokenPorts = { ...ports(), alone: (_name, work) => work() }
    const [one, other] = await Promise.all([
      visitorToken(given, 'acme')(null),
      visitorToken(given, 'acme')(null),
    ])
    assert.equal(one, other)
  })

  it('is another one after it was refused', async () => {
    const token = visitorToken(ports(), 'acme')
    await token(null)
    assert.equal(await token('token-1'), 'token-2')
  })

  it('is the one that another tab has renewed meanwhile', async () => {
    const given = ports()
    const [one, other] = [visitorToken(given, 'acme'), visitorToken(given, 'acme')]
    await one(null)
    await other(null)
    assert.equal(await one('token-1'), 'token-2')
    assert.equal(await other('token-1'), 'token-2')
  })

  it('is renewed before it runs out', async () => {
    const given = ports()
    await visitorToken(given, 'acme')(null)
    assert.equal(await visitorToken({ ...given, now: () => hour - 30_000 }, 'acme')(null), 'token-2')
  })

  it('is of one tenant only', async () => {
    const given = ports()
    await visitorToken(given, 'acme')(null)
    assert.equal(await visitorToken(given, 'globex')(null), 'token-2')
  })
})

describe("a host's token", () => {
  it('is asked for once, and again when it was refused', async () => {
    const asked: boolean[] = []
    const token = hostToken(async (renew) => `jwt-${asked.push(renew)}`)
    await token(null)
    await token(null)
    await token('jwt-1')
    assert.deepEqual(asked, [false, true])
  })

  it('is the renewed one for an attempt that comes after the one that renewed it', async () => {
    let asked = 0
    const token = hostToken(async () => (asked++ === 0 ? 'expired' : 'fresh'))
    await token(null)
    assert.deepEqual([await token('expired'), await token('expired'), asked], ['fresh', 'fresh', 2])
  })

  it('asks the reader to sign in when there is none', async () => {
    await assert.rejects(hostToken(async () => null)(null), SignInNeeded)
  })

  it('asks the reader to sign in when the renewed one is the one that was refused, until there is another', async () => {
    let jwt = 'expired'
    const token = hostToken(async () => jwt)
    await token(null)
    await assert.rejects(token('expired'), SignInNeeded)
    await assert.rejects(token('expired'), SignInNeeded)
    jwt = 'fresh'
    assert.equal(await token('expired'), 'fresh')
  })
})
