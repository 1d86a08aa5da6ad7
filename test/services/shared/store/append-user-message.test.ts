import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { appendUserMessage } from '../../../../services/shared/store/append-user-message.ts'
import { readMessages } from '../../../../services/shared/store/history.ts'
import { confirmPublished } from '../../../../services/shared/store/open-turns.ts'
import { countRows } from '../../../../services/shared/store/purge-tenant.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'
import { useTokens } from '../../../support/use-tokens.ts'
import type { KonstructError } from '../../../../services/shared/runtime/errors.ts'

describe('Appending a message', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('gives a repeated message the first one back, however many come at once', async () => {
    const message = of.aMessage()
    const stored = await Promise.all(Array.from({ length: 5 }, () => appendUserMessage(store.app, message)))
    assert.equal(new Set(stored.map(({ turn }) => turn)).size, 1)
    assert.equal(stored.filter(({ repeated }) => !repeated).length, 1)
    assert.equal((await countRows(store.operator, of.tenant)).messages, 1)
  })

  it('tells by a repeat whether there is still something to publish', async () => {
    const message = of.aMessage()
    const first = await appendUserMessage(store.app, message)
    assert.equal((await appendUserMessage(store.app, message)).published, false)
    await confirmPublished(store.app, [
      { tenant: of.tenant, conversation: message.conversation, turn: first.turn },
    ])
    assert.equal((await appendUserMessage(store.app, message)).published, true)
  })

  it('keeps the order of a conversation', async () => {
    const conversation = randomUUID()
    for (const text of ['one', 'two', 'three']) await of.send({ conversation, text })
    const page = await readMessages(store.app, { tenant: of.tenant, user: 'ann' }, conversation, {
      limit: 10,
    })
    assert.deepEqual(
      page.messages.map(({ text }) => text),
      ['one', 'two', 'three'],
    )
  })

  const kept = (conversation: string) =>
    store.app.withTenant(of.tenant, async (tx) => ({
      conversations: await tx.query('select * from konstruct.conversations where id = $1', [conversation]),
      messages: await tx.query('select * from konstruct.messages where conversation_id = $1', [conversation]),
      open: await tx.query('select * from konstruct.open_turns where conversation_id = $1', [conversation]),
    }))

  it('refuses the conversation of another user or agent as if it were not there, and keeps nothing of it', async () => {
    const { conversation } = await of.send()
    const before = await kept(conversation)
    for (const changes of [{ user: 'bob' }, { agent: 'payroll' }, { user: 'bob', maxWaitingTurns: 1 }])
      await assert.rejects(of.send({ conversation, ...changes }), { code: 'CONVERSATION_NOT_FOUND' })
    assert.deepEqual(await kept(conversation), before)
  })

  it('does not tell another user what is stored under an id that it repeats', async () => {
    const message = of.aMessage()
    await appendUserMessage(store.app, message)
    await assert.rejects(appendUserMessage(store.app, { ...message, user: 'bob' }), {
      code: 'CONVERSATION_NOT_FOUND',
    })
  })

  it('refuses more than may wait, with a time, and keeps nothing of it', async () => {
    await of.send({ maxWaitingTurns: 2 })
    await of.send({ maxWaitingTurns: 2 })
    await assert.rejects(of.send({ maxWaitingTurns: 2 }), { code: 'OVERLOADED', retryAfterMs: 5_000 })
    assert.equal((await countRows(store.operator, of.tenant)).conversations, 2)
  })

  it('leaves a conversation as it was when a further message is refused', async () => {
    const { conversation } = await of.send({ maxWaitingTurns: 1 })
    const before = await kept(conversation)
    await assert.rejects(of.send({ conversation, maxWaitingTurns: 1 }), { code: 'OVERLOADED' })
    assert.deepEqual(await kept(conversation), before)
  })

  it('gives a repeated message the first one back also when no more may wait', async () => {
    const message = of.aMessage({ maxWaitingTurns: 1 })
    const { turn } = await appendUserMessage(store.app, message)
    const again = await appendUserMessage(store.app, message)
    assert.deepEqual([again.turn, again.repeated], [turn, true])
  })

  const aDay = { tokens: 100, period: 'Day' } as const
  const aMonth = { tokens: 100, period: 'Month' } as const

  it('refuses what comes when the budget is used up, with the time until the next period, and keeps nothing of it', async () => {
    await useTokens(store, of.tenant, 99)
    const { conversation } = await of.send({ budget: aDay })
    const before = await kept(conversation)
    await useTokens(store, of.tenant, 1)
    const now = new Date()
    const untilMidnight =
      Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - Number(now)
    for (const changes of [{ conversation }, { maxWaitingTurns: 1 }, {}])
      await assert.rejects(of.send({ budget: aDay, ...changes }), (error: KonstructError) => {
        const offByMs = Math.abs((error.retryAfterMs ?? 0) - untilMidnight)
        return error.code === 'BUDGET_EXHAUSTED' && offByMs < 10_000
      })
    assert.deepEqual(await kept(conversation), before)
    assert.equal((await countRows(store.operator, of.tenant)).conversations, 1)
    await assert.rejects(of.send({ conversation, user: 'bob', budget: aDay }), {
      code: 'CONVERSATION_NOT_FOUND',
    })
    await assert.rejects(of.send({ maxWaitingTurns: 1 }), { code: 'OVERLOADED' }, 'without a budget')
  })

  it('counts what was used in the period that runs, and in no other', async () => {
    await useTokens(store, of.tenant, 1_000, 'end of last month')
    await of.send({ budget: aMonth })
    await useTokens(store, of.tenant, 60, 'first of the month')
    await useTokens(store, of.tenant, 39)
    await of.send({ budget: aMonth })
    await useTokens(store, of.tenant, 1)
    await assert.rejects(of.send({ budget: aMonth }), { code: 'BUDGET_EXHAUSTED' })
    const other = await talkingTenant(store)
    await useTokens(store, other.tenant, 1_000, 'yesterday')
    await other.send({ budget: aDay })
  })

  it('gives a repeated message the first one back also when the budget is used up', async () => {
    const message = of.aMessage({ budget: aDay })
    const { turn } = await appendUserMessage(store.app, message)
    await useTokens(store, of.tenant, 100)
    const again = await appendUserMessage(store.app, message)
    assert.deepEqual([again.turn, again.repeated], [turn, true])
  })

  it('stores nothing for a tenant that is not there', async () => {
    const message = of.aMessage({ tenant: 'nobody' })
    await assert.rejects(appendUserMessage(store.app, message), /foreign key/)
    assert.equal((await countRows(store.operator, 'nobody')).conversations, 0)
  })
})
