// In which order turns are taken up: within a conversation, and between tenants that want more than there is.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { waitUntil } from '../support/wait-until.ts'
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
    const turnTime = async (): Promise<number> => {
      const said = person.say(`quick ${randomUUID()}`)
      await person.answered(said)
      return performance.now() - said.at
    }
    const alone: number[] = []
    while (alone.length < 9) alone.push(await turnTime())
    crowd.model.hold()
    const flood = times(102, (n) => flooder.say(`flood ${n}`))
    for (const one of flood) await flooder.accepted(one)
    const crowdRuns = (count: number) =>
      waitUntil(
        { until: `${count} turns of the crowd have begun`, deadlineMs: 20_000 },
        () => crowd.model.calls.length === count,
      )
    await crowdRuns(2)
    const beside: number[] = []
    while (beside.length < 9) beside.push(await turnTime())
    assert.equal(crowd.model.calls.length, 2, 'none of the crowd got further meanwhile')
    const amid: number[] = []
    while (amid.length < 9) {
      // Two places get free, for which a hundred turns wait, and one that comes now.
      for (const call of crowd.model.calls.slice(-2)) crowd.model.free(call)
      amid.push(await turnTime())
      await crowdRuns(2 + 2 * amid.length)
    }
    crowd.model.release()
    measured('a turn, alone', median(alone))
    measured('a turn, beside 2 running and 100 waiting of another tenant', median(beside))
    measured('a turn, while those are worked off', median(amid))
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
