import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { appendUserMessage } from '../../../../services/shared/store/append-user-message.ts'
import { saveReply } from '../../../../services/shared/store/save-reply.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { holdCommits } from '../../../support/held-commits.ts'
import { untilLockedOut } from '../../../support/until-locked-out.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { useTokens } from '../../../support/use-tokens.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'

describe('Claiming a turn', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  it('numbers the attempts and gives the message', async () => {
    const ref = await of.send({ text: 'What now?' })
    const outcome = await of.claimed(ref)
    assert.deepEqual([outcome.attempt, outcome.question.text, outcome.user], [1, 'What now?', 'ann'])
  })

  it('tells whose turn it is, so that its worker knows whether it has heard of this tenant', async () => {
    await store.operator.acrossTenants((tx) =>
      tx.query(`update konstruct.tenants set uid = 'another' where tenant_id = $1`, [of.tenant]),
    )
    assert.equal((await of.claimed(await of.send())).uid, 'another')
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

  it('tells all that is wrong in this order: it is held, an earlier one is unfinished, the tenant is at its cap', async () => {
    const first = await of.send()
    const second = await of.send({ conversation: first.conversation })
    await of.claimed(first, 'w1')
    await of.claimed(await of.send(), 'w1')
    const atItsCap = { worker: 'w2', maxConcurrentTurns: 1 }
    assert.equal((await of.claim(first, atItsCap)).kind, 'held')
    assert.equal((await of.claim(second, atItsCap)).kind, 'behind')
    assert.equal((await of.claim(await of.send(), atItsCap)).kind, 'capped')
  })

  it('leaves a turn finished that was finished while the claim waited for its row', async () => {
    const ref = await of.send()
    const { attempt } = await of.claimed(ref, 'w1')
    await of.age(ref, 120)
    const late = await store.app.withTenant(of.tenant, async (tx) => {
      await tx.query(`update konstruct.turns set state = 'answered', finished_at = now() where id = $1`, [
        ref.turn,
      ])
      await tx.query(`update konstruct.open_turns set finished = true where turn_id = $1`, [ref.turn])
      const claim = of.claim(ref, { worker: 'w2' })
      await waitUntil({ until: 'the claim waits for the row', deadlineMs: 5_000, everyMs: 5 }, async () => {
        const [waiting] = await store.app.acrossTenants((other) =>
          other.query(`select from pg_locks where not granted and locktype = 'transactionid'`),
        )
        return waiting
      })
      return { claim }
    })
    assert.equal((await late.claim).kind, 'held')
    const [turn] = await store.app.withTenant(of.tenant, (tx) =>
      tx.query<{ state: string; attempt: number }>(
        'select state, attempt from konstruct.turns where id = $1',
        [ref.turn],
      ),
    )
    assert.deepEqual(turn, { state: 'answered', attempt })
  })

  it('gives the whole lease, however long the claim waited for its turn', async () => {
    const ref = await of.send()
    const admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
    await admin.query(`select pg_advisory_lock(hashtextextended('konstruct.claim/' || $1, 0))`, [of.tenant])
    const claim = of.claim(ref)
    await untilLockedOut(admin, 1)
    await admin.query('select pg_sleep(0.2)')
    const { rows: released } = await admin.query<{ at: Date }>(
      'select clock_timestamp() as at, pg_advisory_unlock_all()',
    )
    assert.equal((await claim).kind, 'claimed')
    const { rows: leases } = await admin.query<{ ms: number }>(
      `select extract(epoch from lease_until - $2)::float8 * 1000 as ms from konstruct.open_turns where turn_id = $1`,
      [ref.turn, released[0]?.at],
    )
    await admin.end()
    assert.ok((leases[0]?.ms ?? 0) >= 60_000, String(leases[0]?.ms))
  })

  it('tells whether the tokens of the tenant are used up, and takes the turn all the same', async () => {
    const budget = { tokens: 100, period: 'Month' } as const
    const exhausted = async (changes: { readonly budget?: typeof budget }): Promise<boolean | string> => {
      const outcome = await of.claim(await of.send(), changes)
      return outcome.kind === 'claimed' ? outcome.exhausted : outcome.kind
    }
    await useTokens(store, of.tenant, 1_000, 'end of last month')
    await useTokens(store, of.tenant, 99)
    assert.equal(await exhausted({ budget }), false)
    await useTokens(store, of.tenant, 1)
    assert.equal(await exhausted({ budget }), true)
    assert.equal(await exhausted({}), false, 'without a budget')
  })

  it('finds nothing to do for a turn that is not there', async () => {
    assert.equal(
      (await of.claim({ tenant: of.tenant, conversation: randomUUID(), turn: randomUUID() })).kind,
      'done',
    )
  })

  describe('that is being stored', () => {
    for (const [outcome, kind] of [
      ['done', 'claimed'],
      ['failed', 'done'],
    ] as const)
      it(`waits until its commit is ${outcome}, and gives ${kind}`, async () => {
        const commits = await holdCommits(store)
        try {
          const message = of.aMessage()
          const written = Promise.withResolvers<string>()
          const storing = appendUserMessage(store.app, message, { onWritten: written.resolve }).catch(
            () => 'failed',
          )
          const { conversation } = message
          const claiming = of.claim({ tenant: of.tenant, conversation, turn: await written.promise })
          await commits.untilWaiting(2)
          await commits.release(outcome)
          assert.equal((await claiming).kind, kind)
          assert.equal((await storing) === 'failed', outcome === 'failed')
        } finally {
          await commits.end()
        }
      })
  })
})
