// In which order turns are taken up: within a conversation, and between tenants that want more than there is.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { waitUntil } from '../support/wait-until.ts'
import type { Person } from './person.ts'
import { Platform } from './platform.ts'
import { assertOneReply, measured } from './told.ts'

const times = <Value>(n: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: n }, (_, index) => make(index))

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

describe('Turns that wait', function () {
  this.timeout(90_000)
  let platform: Platform

  before(async function () {
    this.timeout(180_000)
    platform = await Platform.start({ gateways: 2, orchestrators: 2 })
  })
  after(() => platform.end())

  it('I3: are answered one by one and in order in their conversation, also when 20 were sent at once', async () => {
    const { tenant, model } = await platform.tenant()
    const person = await platform.person(tenant)
    const conversation = randomUUID()
    const said = times(20, (n) => person.say(`number ${n}`, conversation))
    for (const one of said) await person.answered(one)
    for (const one of said) await assertOneReply(person, one, model)
    assert.deepEqual(
      model.calls.map(({ text }) => text),
      said.map(({ frame }) => frame.text),
    )
    const history = await person.history(conversation)
    const textsOf = (role: string) =>
      history.filter((message) => message.role === role).map(({ text }) => text)
    assert.deepEqual(
      textsOf('user'),
      said.map(({ frame }) => frame.text),
    )
    assert.deepEqual(
      textsOf('agent'),
      model.calls.map(({ answer }) => answer),
    )
    assert.equal(model.mostAtOnce, 1)
  })

  it('I8: of one tenant that floods do not keep another tenant waiting', async () => {
    const crowd = await platform.tenant({ limits: { maxConcurrentTurns: 2 } })
    const other = await platform.tenant()
    const flooder = await platform.person(crowd.tenant, 0)
    const person = await platform.person(other.tenant, 1)
    const turnTime = async (who: Person): Promise<number> => {
      const said = who.say(`quick ${randomUUID()}`)
      await who.answered(said)
      return performance.now() - said.at
    }
    const inTurn = async (n: number): Promise<readonly number[]> => {
      const all: number[] = []
      while (all.length < n) all.push(await turnTime(person))
      return all
    }
    await inTurn(3)
    const alone = median(await inTurn(9))
    crowd.model.hold()
    const flood = times(102, (n) => flooder.say(`flood ${n}`))
    for (const one of flood) await flooder.accepted(one)
    await waitUntil(
      { until: 'two of the crowd run', deadlineMs: 20_000 },
      () => crowd.model.calls.length === 2,
    )
    crowd.model.pace = { words: 20, everyMs: 5 }
    const beside = median(await inTurn(9))
    crowd.model.release()
    const amid = median(await inTurn(9))
    measured('a turn, alone', alone)
    measured('a turn, beside 2 running and 100 waiting of another tenant', beside)
    measured('a turn, while those are worked off', amid)
    // The bar is twice as long; a busy machine adds some of its own.
    assert.ok(
      Math.min(beside, amid) < 2 * alone + 100,
      `${beside} and ${amid} ms beside a flood, ${alone} ms alone`,
    )
    for (const one of flood) await flooder.answered(one)
    assert.equal(crowd.model.mostAtOnce, 2, 'the cap holds over both orchestrators')
    assert.equal(crowd.model.calls.length, flood.length)
  })

  it('I10: are refused with OVERLOADED and a time beyond what the tenant may have waiting, and taken later', async () => {
    const { tenant, model } = await platform.tenant({ limits: { maxConcurrentTurns: 1, maxWaitingTurns: 5 } })
    const person = await platform.person(tenant)
    model.hold()
    const taken = times(5, (n) => person.say(`taken ${n}`))
    for (const one of taken) await person.accepted(one)
    const refused = person.say('too many')
    const [refusal] = await waitUntil({ until: 'it is refused', deadlineMs: 20_000 }, () =>
      refused.refusals.length > 0 ? refused.refusals : false,
    )
    assert.equal(refusal?.code, 'OVERLOADED')
    assert.ok((refusal?.retryAfterMs ?? 0) > 0)
    model.release()
    for (const one of [...taken, refused]) await person.answered(one)
    for (const one of [...taken, refused]) await assertOneReply(person, one, model)
    assert.equal(model.calls.length, 6)
  })
})
