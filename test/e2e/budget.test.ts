// A tenant that runs out of tokens while much of it is under way.
import assert from 'node:assert/strict'
import { waitUntil } from '../support/wait-until.ts'
import type { Person, Said } from './person.ts'
import { Platform } from './platform.ts'
import { assertOneReply } from './told.ts'

/** What the model says that an answer of its took: 11 read and 7 written. */
const tokensPerTurn = 18

const endsOf = async (person: Person, said: readonly Said[]) => {
  const ends: { readonly answered: Said[]; readonly failed: Said[] } = { answered: [], failed: [] }
  for (const one of said) {
    const { finish } = await person.answered(one)
    ends[finish === 'complete' ? 'answered' : 'failed'].push(one)
  }
  return ends
}

const assertRefused = async (person: Person, said: Said): Promise<void> => {
  const reply = await person.answered(said)
  assert.deepEqual([reply.finish, reply.text], ['failed', ''])
  const end = person.view(said.frame.conversation).ends.get(reply.turn ?? '')
  assert.deepEqual([end?.state, end?.code], ['failed', 'BUDGET_EXHAUSTED'])
}

describe('A budget of tokens', function () {
  this.timeout(90_000)
  let platform: Platform

  before(async function () {
    this.timeout(180_000)
    platform = await Platform.start({ gateways: 1, orchestrators: 2 })
  })
  after(() => platform.end())

  const usedBy = async (tenant: string): Promise<number> => {
    const [row] = await platform.store.app.withTenant(tenant, (tx) =>
      tx.query<{ tokens: number }>(
        'select sum(input_tokens + output_tokens)::int as tokens from konstruct.daily_usage',
      ),
    )
    return row?.tokens ?? 0
  }

  it('I7: is never passed by more than the turns already running, and what waits ends with an error that says so', async () => {
    const atOnce = 4
    const budget = { tokens: 50, period: 'Month' } as const
    const { tenant, model } = await platform.tenant({ limits: { maxConcurrentTurns: atOnce, budget } })
    const person = await platform.person(tenant)
    model.hold()
    const taken = Array.from({ length: 20 }, (_, n) => person.say(`number ${n}`))
    for (const one of taken) await person.accepted(one)
    await waitUntil({ until: 'as many run as may', deadlineMs: 20_000 }, () => model.calls.length === atOnce)
    model.release()
    const { answered, failed } = await endsOf(person, taken)
    for (const one of answered) await assertOneReply(person, one, model)
    for (const one of failed) await assertRefused(person, one)
    assert.equal(model.calls.length, answered.length, 'the model was asked for nothing else')
    const used = await usedBy(tenant)
    assert.equal(used, answered.length * tokensPerTurn, 'all of it is counted')
    assert.ok(used >= budget.tokens, `${used} tokens: the budget can be used up`)
    assert.ok(used < budget.tokens + atOnce * tokensPerTurn, `${used} tokens: no more than what ran then`)

    const refused = person.say('one more')
    const [refusal] = await waitUntil({ until: 'it is refused', deadlineMs: 20_000 }, () =>
      refused.refusals.length > 0 ? refused.refusals : false,
    )
    assert.equal(refusal?.code, 'BUDGET_EXHAUSTED')
    assert.equal(await usedBy(tenant), used)
  })
})
