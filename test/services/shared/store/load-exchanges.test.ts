import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { loadExchanges } from '../../../../services/shared/store/load-exchanges.ts'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'

describe('The last exchanges', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('remembers what was said and answered, oldest first, and nothing that failed', async () => {
    const conversation = randomUUID()
    for (const [text, state] of [
      ['one', 'answered'],
      ['two', 'failed'],
      ['three', 'stopped'],
    ] as const) {
      const ref = await of.send({ conversation, text })
      const { attempt } = await of.claimed(ref)
      await saveReply(store.app, of.aReply(ref, attempt, { state, text: `re: ${text}` }))
    }
    const exchanges = await loadExchanges(store.app, {
      tenant: of.tenant,
      agent: 'support',
      user: 'ann',
      limit: 10,
    })
    assert.deepEqual(
      exchanges.map(({ user, reply }) => [user, reply]),
      [
        ['one', 're: one'],
        ['three', 're: three'],
      ],
    )
  })
})
