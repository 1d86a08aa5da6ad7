// A tenant of its own for a test of the store, with the words that such tests are told in.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import type { Budget } from '../../services/shared/domain/resources/tenant.ts'
import type { TurnRef } from '../../services/shared/domain/turn.ts'
import { appendUserMessage, type NewUserMessage } from '../../services/shared/store/append-user-message.ts'
import { claimTurn, type ClaimedTurn, type ClaimOutcome } from '../../services/shared/store/claim-turn.ts'
import type { Reply } from '../../services/shared/store/save-reply.ts'
import type { FreshStore } from './fresh-store.ts'

interface ClaimChanges {
  readonly worker?: string
  readonly maxConcurrentTurns?: number
  readonly budget?: Budget
}

export interface TalkingTenant {
  readonly tenant: string
  aMessage(changes?: Partial<NewUserMessage>): NewUserMessage
  /** Stores a message and gives its turn. */
  send(changes?: Partial<NewUserMessage>): Promise<TurnRef>
  claim(ref: TurnRef, changes?: ClaimChanges): Promise<ClaimOutcome>
  /** Claims, and fails the test when that is refused. */
  claimed(ref: TurnRef, worker?: string): Promise<ClaimedTurn>
  aReply(ref: TurnRef, attempt: number, changes?: Partial<Reply>): Reply
  /** Tokens that are counted for the tenant: read and written. */
  used(): Promise<readonly [input: number, output: number]>
  /** Makes a lease run out and a publication old, as waiting would. */
  age(ref: TurnRef, seconds: number): Promise<void>
}

const age = async (store: FreshStore, ref: TurnRef, seconds: number): Promise<void> => {
  const client = new Client({ connectionString: store.adminUrl.reveal() })
  await client.connect()
  await client.query(
    `update konstruct.open_turns set enqueued_at = enqueued_at - make_interval(secs => $2),
       lease_until = case when lease_until = '-infinity' then lease_until
         else lease_until - make_interval(secs => $2) end
     where turn_id = $1`,
    [ref.turn, seconds],
  )
  await client.end()
}

const usedBy = async (store: FreshStore, tenant: string): Promise<readonly [number, number]> => {
  const [row] = await store.app.withTenant(tenant, (tx) =>
    tx.query<{ input: number; output: number }>(
      `select coalesce(sum(input_tokens), 0)::int as input, coalesce(sum(output_tokens), 0)::int as output
       from konstruct.daily_usage`,
    ),
  )
  return [row?.input ?? 0, row?.output ?? 0]
}

/** Only that it is there: nothing of its configuration. */
export const addTenant = (store: FreshStore, tenant: string): Promise<unknown> =>
  store.operator.acrossTenants((tx) =>
    tx.query(
      `insert into konstruct.tenants (tenant_id, namespace, uid, state, revision)
       values ($1, 'default', 'test', 'active', 0)`,
      [tenant],
    ),
  )

export const talkingTenant = async (store: FreshStore): Promise<TalkingTenant> => {
  const tenant = `tenant-${randomUUID().slice(0, 8)}`
  await addTenant(store, tenant)
  const aMessage = (changes: Partial<NewUserMessage> = {}): NewUserMessage => ({
    tenant,
    channel: 'web',
    conversation: randomUUID(),
    clientMessageId: randomUUID(),
    user: 'ann',
    agent: 'support',
    text: 'Hello',
    maxWaitingTurns: 100,
    budget: null,
    ...changes,
  })
  const claim = (ref: TurnRef, changes: ClaimChanges = {}): Promise<ClaimOutcome> =>
    claimTurn(store.app, {
      ref,
      worker: 'w1',
      leaseMs: 60_000,
      maxConcurrentTurns: 8,
      budget: null,
      ...changes,
    })
  return {
    tenant,
    aMessage,
    send: async (changes) => {
      const message = aMessage(changes)
      const { turn } = await appendUserMessage(store.app, message)
      return { tenant: message.tenant, conversation: message.conversation, turn }
    },
    claim,
    claimed: async (ref, worker = 'w1') => {
      const outcome = await claim(ref, { worker })
      if (outcome.kind !== 'claimed') assert.fail(`the claim gave ${outcome.kind}`)
      return outcome
    },
    aReply: (ref, attempt, changes) => ({
      ref,
      attempt,
      state: 'answered',
      author: 'support',
      text: 'Hi Ann',
      code: null,
      inputTokens: 3,
      outputTokens: 2,
      ...changes,
    }),
    used: () => usedBy(store, tenant),
    age: (ref, seconds) => age(store, ref, seconds),
  }
}
