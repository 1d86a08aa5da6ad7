import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'

describe('Claiming a turn', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(() => {
    of = talkingTenant(store)
  })

  it('numbers the attempts and gives the message', async () => {
    const ref = await of.send({ text: 'What now?' })
    const outcome = await of.claimed(ref)
    assert.deepEqual([outcome.attempt, outcome.text, outcome.user], [1, 'What now?', 'ann'])
  })

  it('is refused while another worker holds the lease, and given when it ran out', async () => {
    const ref = await of.send()
    await of.claimed(ref, 'w1')
    assert.equal((await of.claim(ref, { worker: 'w2' })).kind, 'held')
    await of.age(ref, 120)
    assert.equal((await of.claimed(ref, 'w2')).attempt, 2)
  })

  it('is refused behind an unfinished turn of the same conversation', async () => {
    const first = await of.send()
    const second = await of.send({ conversation: first.conversation })
    assert.equal((await of.claim(second)).kind, 'behind')
    const { attempt } = await of.claimed(first)
    await saveReply(store.app, of.aReply(first, attempt))
    assert.equal((await of.claim(second)).kind, 'claimed')
  })

  it('never lets more turns of a of.tenant run than it may, also when all are claimed at once', async () => {
    const refs = await Promise.all(Array.from({ length: 8 }, () => of.send()))
    const outcomes = await Promise.all(
      refs.map((ref, n) => of.claim(ref, { worker: `w${n}`, maxConcurrentTurns: 3 })),
    )
    const kinds = outcomes.map(({ kind }) => kind)
    assert.equal(kinds.filter((kind) => kind === 'claimed').length, 3)
    assert.equal(kinds.filter((kind) => kind === 'capped').length, 5)
  })

  it('finds nothing to do for a turn that is not there', async () => {
    assert.equal(
      (await of.claim({ tenant: of.tenant, conversation: randomUUID(), turn: randomUUID() })).kind,
      'done',
    )
  })
})
