import assert from 'node:assert/strict'
import { Client } from 'pg'
import type { Attempt } from '../../../services/orchestrator/begin-attempt.ts'
import type { DraftedReply } from '../../../services/orchestrator/draft-reply.ts'
import { keepReply } from '../../../services/orchestrator/keep-reply.ts'
import { createMetrics } from '../../../services/orchestrator/metrics.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { freshStore, type FreshStore } from '../../support/fresh-store.ts'
import { talkingTenant } from '../../support/talking-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'

/** PostgreSQL refuses to store replies, with the SQLSTATE that a test names, and counts how often. */
const refusal = `
  create schema refusal;
  grant usage on schema refusal to public;
  create table refusal.reason (code text);
  insert into refusal.reason values (null);
  create sequence refusal.times;
  create function refusal.refuse() returns trigger language plpgsql security definer as $$
    declare
      reason text := (select code from refusal.reason);
    begin
      if new.role = 'agent' and new.text <> '' and reason is not null then
        perform nextval('refusal.times');
        raise exception 'refused' using errcode = reason;
      end if;
      return new;
    end $$;
  create trigger refuse before insert on konstruct.messages for each row execute function refusal.refuse()`

describe('Keeping a reply', () => {
  let store: FreshStore
  let admin: Client
  before(async () => {
    store = await freshStore()
    admin = new Client({ connectionString: store.adminUrl.reveal() })
    await admin.connect()
    await admin.query(refusal)
  })
  after(async () => {
    await admin.end()
    await store.close()
  })
  beforeEach(() => refuse(null))

  const refuse = async (code: string | null): Promise<void> => {
    await admin.query('update refusal.reason set code = $1', [code])
    await admin.query(`select setval('refusal.times', 1, false)`)
  }

  const refused = (): Promise<unknown> =>
    waitUntil({ until: 'it was refused twice' }, async () => {
      const { rows } = await admin.query<{ often: boolean }>(
        'select last_value > 1 as often from refusal.times',
      )
      return rows[0]?.often
    })

  const aDraft = (changes: Partial<DraftedReply> = {}): DraftedReply => ({
    state: 'answered',
    code: null,
    text: 'All of it',
    usage: { inputTokens: 3, outputTokens: 2 },
    result: 'finished',
    characters: 9,
    context: null,
    read: null,
    ...changes,
  })

  const claimed = async (): Promise<Attempt['claim']> => {
    const of = await talkingTenant(store)
    return of.claimed(await of.send())
  }

  const keep = async (draft = aDraft()) => {
    const claim = await claimed()
    const ports = { database: store.app, metrics: createMetrics(), log: silentLog }
    const reply = await keepReply(ports, { claim, loss: new AbortController().signal }, draft)
    return { ref: claim.ref, text: reply?.text, finish: reply?.finish }
  }

  for (const [code, why] of [
    ['57014', 'took too long'],
    ['25006', 'is a standby now'],
    ['53100', 'has no room left on its disk'],
    ['58030', 'cannot read its disk'],
    ['42501', 'has lost its grants'],
  ] as const)
    it(`saves it as it was streamed when PostgreSQL ${why} for a while`, async () => {
      await refuse(code)
      const kept = keep()
      await refused()
      await refuse(null)
      const reply = await kept
      assert.deepEqual([reply.text, reply.finish], ['All of it', 'complete'])
    })

  it('ends the turn visibly when PostgreSQL can never hold what it says', async () => {
    await refuse('22021')
    const reply = await keep()
    assert.deepEqual([reply.text, reply.finish], ['', 'failed'])
  })

  it('ends the turn visibly also when it is the usage that PostgreSQL cannot hold', async () => {
    const reply = await keep(aDraft({ usage: { inputTokens: 2 ** 31, outputTokens: 1 } }))
    assert.deepEqual([reply.text, reply.finish], ['', 'failed'])
  })

  const usageOf = async (draft: DraftedReply): Promise<unknown> => {
    const { ref } = await keep(draft)
    const [turn] = await store.app.withTenant(ref.tenant, (tx) =>
      tx.query<{ input: number; output: number }>(
        'select input_tokens as input, output_tokens as output from konstruct.turns where id = $1',
        [ref.turn],
      ),
    )
    return turn
  }

  it('counts what was read and written, thoughts included, when the model did not tell', async () => {
    const read = [{ role: 'user' as const, content: 'x'.repeat(80) }]
    const stopped = { state: 'stopped', text: '', usage: null } as const
    const thinking = aDraft({ ...stopped, read, characters: 40 })
    assert.deepEqual(await usageOf(thinking), { input: 20, output: 10 })
    assert.deepEqual(await usageOf(aDraft({ ...stopped, read, characters: 0 })), { input: 20, output: 0 })
    assert.deepEqual(await usageOf(aDraft({ ...stopped, characters: 0 })), { input: 0, output: 0 })
  })

  it('keeps the largest usage that a model may tell', async () => {
    const most = 2 ** 30 - 1
    const reply = await keep(aDraft({ usage: { inputTokens: most, outputTokens: most } }))
    assert.equal(reply.text, 'All of it')
  })
})
