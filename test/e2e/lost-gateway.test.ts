// Gateways that die and leave, and people who move between them, while replies are written.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { AcceptedFrame } from '../../services/shared/domain/frames.ts'
import { waitUntil } from '../support/wait-until.ts'
import { Platform, type TalkingTenant } from './platform.ts'
import { assertOneReply, measured } from './told.ts'

describe('A person at one of two gateways', function () {
  this.timeout(90_000)
  let platform: Platform
  let acme: TalkingTenant

  before(async function () {
    this.timeout(180_000)
    platform = await Platform.start({ gateways: 2 })
    acme = await platform.tenant({ limits: { maxConcurrentTurns: 64 } })
  })
  after(() => platform.end())
  afterEach(() => acme.model.release())

  it('I2: gets one turn and one reply for the same send, five times at once over both', async () => {
    const one = await platform.person(acme.tenant, 0)
    const other = await platform.sameAs(one, 1)
    const id = randomUUID()
    const frame = {
      type: 'send',
      id,
      conversation: randomUUID(),
      agent: 'support',
      text: 'five times',
    } as const
    const said = { frame, at: performance.now(), accepted: null, refusals: [] }
    for (const person of [one, other]) person.said.push({ ...said })
    for (const person of [one, other, one, other, one]) person.transmit(frame)
    const accepted = (): AcceptedFrame[] =>
      [...one.received, ...other.received]
        .map((text) => JSON.parse(text) as AcceptedFrame)
        .filter((received) => received.type === 'accepted' && received.id === id)
    await waitUntil({ until: 'all five are accepted', deadlineMs: 20_000 }, () => accepted().length === 5)
    assert.equal(new Set(accepted().map(({ turn, message }) => `${turn} ${message}`)).size, 1)
    for (const person of [one, other]) await assertOneReply(person, person.said[0] ?? said, acme.model)
    assert.equal((await one.history(frame.conversation)).length, 2)
    assert.equal(acme.model.callsFor('five times').length, 1)
  })

  it('I5: reads on at the other gateway, by number, when its own is killed', async () => {
    await platform.restore({ gateways: 2 })
    const person = await platform.person(acme.tenant, 0)
    acme.model.hold()
    const said = person.say('kill my gateway')
    await person.reading(said, 40)
    const killedAt = performance.now()
    const first = platform.gateways.find(({ url }) => url === person.gateway)
    assert.ok(first)
    await platform.kill(first)
    await waitUntil({ until: 'the person is back', deadlineMs: 20_000, everyMs: 3 }, () => person.isConnected)
    measured('gateway killed: until the client is back', performance.now() - killedAt)
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    assert.equal(acme.model.callsFor('kill my gateway').length, 1)
    assert.equal(person.view(said.frame.conversation).rewritten.size, 0, 'no delta was missing at the end')
  })

  it('I5: misses nothing when it moves to the other gateway and back in the middle of a reply', async () => {
    await platform.restore({ gateways: 2 })
    const person = await platform.person(acme.tenant, 0)
    const untilSaid = (words: number) => acme.model.hold(words / 20)
    untilSaid(5)
    const said = person.say('move me')
    for (const words of [5, 10, 15]) {
      await person.reading(said, words * 'word-0-0 '.length)
      // It takes the person in only when more has been said meanwhile.
      const next = platform.gateways.find(({ url }) => url !== person.gateway)
      next?.pause()
      person.move()
      untilSaid(words + 5)
      const [call] = acme.model.callsFor('move me')
      await waitUntil({ until: 'more is said', deadlineMs: 20_000 }, () => call?.said === words + 5)
      next?.resume()
    }
    acme.model.release()
    await assertOneReply(person, said, acme.model)
    assert.equal(person.closeCodes.length, 3)
    assert.equal(person.view(said.frame.conversation).rewritten.size, 0, 'no delta was missing at the end')
  })

  it('I1 I2 I5: is told to move by a gateway that goes, with 50 replies being written, and misses nothing', async () => {
    await platform.restore({ gateways: 2 })
    const leaving = await platform.startGateway()
    await platform.knows(acme.tenant)
    const people = await Promise.all(
      Array.from({ length: 50 }, () => platform.person(acme.tenant, platform.gateways.indexOf(leaving))),
    )
    acme.model.hold()
    const said = people.map((person, n) => person.say(`stream ${n}`))
    for (const [n, person] of people.entries()) await person.reading(said[n] as (typeof said)[0])
    const askedAt = performance.now()
    await platform.stop(leaving)
    measured('a gateway with 50 clients: until it is gone', performance.now() - askedAt)
    await waitUntil({ until: 'all 50 are back', deadlineMs: 20_000 }, () =>
      people.every((person) => person.isConnected),
    )
    acme.model.release()
    for (const [n, person] of people.entries()) {
      const one = said[n] as (typeof said)[0]
      await assertOneReply(person, one, acme.model)
      assert.equal(person.reconnectFrames.length, 1, 'the client was told to reconnect')
      assert.deepEqual(person.closeCodes, [1012])
      assert.equal(person.view(one.frame.conversation).rewritten.size, 0, 'no delta was missing at the end')
    }
    assert.equal(acme.model.calls.filter(({ text }) => text.startsWith('stream ')).length, 50)
  })
})
