import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { listConversations, readMessages } from '../../../../services/shared/store/history.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'

describe('History', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('pages through messages backwards without losing or repeating one', async () => {
    const conversation = randomUUID()
    for (let n = 0; n < 7; n += 1) await of.send({ conversation, text: `${n}` })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await readMessages(store.app, { tenant: of.tenant, user: 'ann' }, conversation, {
        cursor,
        limit: 3,
      })
      seen.unshift(...page.messages.map(({ text }) => text))
      cursor = page.before ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6'])
  })

  it('pages through conversations, newest first, and shows nobody else’s', async () => {
    for (let n = 0; n < 5; n += 1) await of.send({ text: `talk ${n}` })
    // Two may have come within the millisecond that their times tell.
    await store.app.withTenant(of.tenant, (tx) =>
      tx.query(`update konstruct.conversations
        set updated_at = updated_at + make_interval(secs => right(title, 1)::int)`),
    )
    await of.send({ user: 'bob', text: 'not yours' })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listConversations(
        store.app,
        { tenant: of.tenant, user: 'ann' },
        { cursor, limit: 2 },
      )
      seen.push(...page.conversations.map(({ title }) => title))
      cursor = page.cursor ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, ['talk 4', 'talk 3', 'talk 2', 'talk 1', 'talk 0'])
  })

  it('refuses another user, another of.tenant and a cursor that it did not make', async () => {
    const { conversation } = await of.send()
    for (const reader of [
      { tenant: of.tenant, user: 'bob' },
      { tenant: 'somebody-else', user: 'ann' },
    ])
      await assert.rejects(readMessages(store.app, reader, conversation, { limit: 5 }), {
        code: 'CONVERSATION_NOT_FOUND',
      })
    const reader = { tenant: of.tenant, user: 'ann' }
    await assert.rejects(readMessages(store.app, reader, conversation, { cursor: '1 or 1', limit: 5 }), {
      code: 'REQUEST_INVALID',
    })
    await assert.rejects(listConversations(store.app, reader, { cursor: 'bm90', limit: 5 }), {
      code: 'REQUEST_INVALID',
    })
  })
})
