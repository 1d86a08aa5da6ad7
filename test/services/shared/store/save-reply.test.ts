import assert from 'node:assert/strict'
import { Client } from 'pg'
import { closeTurns } from '../../../../services/shared/store/open-turns.ts'
import { countRows } from '../../../../services/shared/store/purge-tenant.ts'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'
import { untilLockedOut } from '../../../support/until-locked-out.ts'

describe('Saving a reply', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('keeps one reply and its usage', async () => {
    const ref = await of.send()
    const { attempt } = await of.claimed(ref)
    assert.equal((await saveReply(store.app, of.aReply(ref, attempt)))?.text, 'Hi Ann')
    assert.equal(await saveReply(store.app, of.aReply(ref, attempt, { text: 'again' })), null)
    assert.equal((await countRows(store.operator, of.tenant)).messages, 2)
    assert.deepEqual(await of.used(), [3, 2])
  })

  it('counts what failed and stopped turns used as well', async () => {
    for (const state of ['failed', 'stopped'] as const) {
      const ref = await of.send()
      const { attempt } = await of.claimed(ref)
      await saveReply(store.app, of.aReply(ref, attempt, { state, inputTokens: 10, outputTokens: 1 }))
    }
    assert.deepEqual(await of.used(), [20, 2])
  })

  it('adds up what replies used that are saved at once', async () => {
    const replies = []
    for (let n = 0; n < 40; n += 1) {
      const ref = await of.send()
      const claim = await of.claim(ref, { maxConcurrentTurns: 40 })
      replies.push(of.aReply(ref, claim.kind === 'claimed' ? claim.attempt : assert.fail(claim.kind)))
    }
    await Promise.all(replies.map((reply) => saveReply(store.app, reply)))
    assert.deepEqual(await of.used(), [120, 80])
    assert.ok((await countRows(store.operator, of.tenant)).daily_usage > 1, 'over several rows')
  })

  it('does not come to wait for a claim that waits for it', async () => {
    const ref = await of.send()
    const { attempt } = await of.claimed(ref, 'w1')
    await of.age(ref, 120)
    const admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
    await admin.query('begin')
    await admin.query('select from konstruct.turns where id = $1 for update', [ref.turn])
    const saved = saveReply(store.app, of.aReply(ref, attempt))
    await untilLockedOut(admin, 1)
    const claimed = of.claim(ref, { worker: 'w2' })
    await untilLockedOut(admin, 2)
    await admin.query('commit')
    assert.equal((await saved)?.text, 'Hi Ann')
    assert.equal((await claimed).kind, 'held')
    await admin.end()
  })

  it('is refused to a worker whose fence is old', async () => {
    const ref = await of.send()
    const old = await of.claimed(ref, 'w1')
    await of.age(ref, 120)
    const current = await of.claimed(ref, 'w2')
    const next = await of.send({ conversation: ref.conversation })
    assert.equal(await saveReply(store.app, of.aReply(ref, old.attempt, { text: 'old' })), null)
    assert.equal((await of.claim(next)).kind, 'behind', 'the turn goes on')
    assert.equal((await saveReply(store.app, of.aReply(ref, current.attempt, { text: 'new' })))?.text, 'new')
    assert.equal(await saveReply(store.app, of.aReply(ref, old.attempt, { text: 'old' })), null)
    assert.deepEqual(await of.used(), [3, 2], 'counted once')
  })

  it('leaves the turn to be announced again until it is closed', async () => {
    const ref = await of.send()
    const { attempt } = await of.claimed(ref)
    await saveReply(
      store.app,
      of.aReply(ref, attempt, { state: 'failed', code: 'MODEL_UNAVAILABLE', text: 'Hi' }),
    )
    const outcome = await of.claim(ref)
    assert.equal(outcome.kind, 'unannounced')
    assert.ok(outcome.kind === 'unannounced' && outcome.reply.finish === 'failed')
    await closeTurns(store.app, [ref])
    assert.equal((await of.claim(ref)).kind, 'done')
  })
})
