// Takes a turn for one worker, or says why not. The claim's attempt number is the fence: a reply is saved only with
// the number of the newest claim, so of two workers that believe to own a turn, one saves.
//
// A turn that is just being stored is waited for: it was queued while its commit was on the way.
//
// A turn may be claimed when no other worker holds its lease, no earlier turn of its conversation is unfinished, and
// its tenant has a place free. The last needs a lock per tenant: two claims that count at once would both find it. The
// lock is held until the commit, so the commit is sent along and not waited for on disk. What a crash of PostgreSQL can
// lose of it is the lease: its worker is told by the next renewal, and by the fence, and the turn is found again.
import type { Message, MessageFinish } from '../domain/message.ts'
import type { Budget } from '../domain/resources/tenant.ts'
import type { TurnEnd, TurnRef } from '../domain/turn.ts'
import type { Database, TenantTx } from './database.ts'
import { budgetValues, isExhausted } from './token-budget.ts'
import { userMessage } from './user-message.ts'
import { turnLock } from './turn-lock.ts'

export interface ClaimRequest {
  readonly ref: TurnRef
  /** Unique per process, also over restarts. */
  readonly worker: string
  readonly leaseMs: number
  /** Turns of this tenant that may run at once, over all workers. */
  readonly maxConcurrentTurns: number
  /** Null: there is no end. */
  readonly budget: Budget | null
}

export interface ClaimedTurn {
  readonly kind: 'claimed'
  readonly ref: TurnRef
  readonly attempt: number
  readonly agent: string
  readonly user: string
  /** The user's message. */
  readonly question: Message
  /** The turn of the newest exchange between this user and this agent: a memory that ends otherwise is not whole. */
  readonly lastExchange: string | null
  readonly stopRequested: boolean
  /** Of the Tenant resource: whoever knows another one does not know this tenant. */
  readonly uid: string
  /** The tenant's tokens are used up: the turn is to end without a question to the model. */
  readonly exhausted: boolean
}

/** Saved, but perhaps never announced: its final event must be sent again. */
export interface UnannouncedTurn {
  readonly kind: 'unannounced'
  readonly ref: TurnRef
  readonly state: TurnEnd
  readonly code: string | null
  /** The user's message. */
  readonly question: Message
  readonly reply: Message
}

export type ClaimOutcome =
  | ClaimedTurn
  | UnannouncedTurn
  /** Nothing is left to do: answered and announced, or deleted with its tenant. */
  | { readonly kind: 'done' }
  /** Another worker runs it, an earlier turn of the conversation is unfinished, or the tenant is at its cap. */
  | { readonly kind: 'held' | 'behind' | 'capped' }

interface TurnRow {
  readonly state: 'queued' | 'running' | TurnEnd
  readonly agent: string
  readonly user: string
  readonly code: string | null
  readonly message: string
  readonly text: string
  readonly createdAt: Date
  readonly held: boolean
  readonly behind: boolean
  readonly running: number
  readonly lastExchange: string | null
  readonly stopRequested: boolean
  readonly exhausted: boolean
  readonly uid: string
  /** Null: it was not taken. */
  readonly attempt: number | null
}

export const claimTurn = async (database: Database, request: ClaimRequest): Promise<ClaimOutcome> => {
  const { tenant } = request.ref
  const [, row] = await database.withTenant(
    tenant,
    (tx) => Promise.all([waitForLocks(tx, request), takeTurn(tx, request)]),
    { durable: false, atOnce: true },
  )
  if (row === undefined) return { kind: 'done' }
  const { state, attempt } = row
  if (attempt !== null) return claimedTurn(request, row, attempt)
  if (state !== 'queued' && state !== 'running')
    return database.withTenant(tenant, (tx) => readUnannounced(tx, request, row, state))
  if (row.held) return { kind: 'held' }
  if (row.behind) return { kind: 'behind' }
  // Neither: it was taken, or finished, while this claim waited for its row.
  return { kind: row.running >= request.maxConcurrentTurns ? 'capped' : 'held' }
}

const claimedTurn = ({ ref }: ClaimRequest, row: TurnRow, attempt: number): ClaimedTurn => {
  const { agent, user, lastExchange, stopRequested, exhausted, uid } = row
  const question = questionOf(ref, row)
  return {
    kind: 'claimed',
    ref,
    attempt,
    agent,
    user,
    question,
    lastExchange,
    stopRequested,
    uid,
    exhausted,
  }
}

/** Waits for the turn's storing, then for the tenant's lock: the other way round all its claims would wait for one message. */
const waitForLocks = (tx: TenantTx, { ref }: ClaimRequest): Promise<unknown> =>
  tx.query(
    `select pg_advisory_xact_lock_shared(${turnLock('$2::uuid')}),
       pg_advisory_xact_lock(hashtextextended('konstruct.claim/' || $1, 0))`,
    [tx.tenant, ref.turn],
  )

/**
 * Reads the turn and takes it if it may be taken. One statement, so that the tenant's lock is held for no further way to
 * PostgreSQL. The lease looks at its row as it is when it is locked: a turn that was finished a moment ago stays so. It begins
 * by the clock, as `now()` is when the transaction began, before it waited for its locks.
 */
const takeTurn = async (tx: TenantTx, request: ClaimRequest): Promise<TurnRow | undefined> => {
  const { ref, worker, leaseMs, maxConcurrentTurns, budget } = request
  const [row] = await tx.query<TurnRow>(
    `with turn as (
       select t.state, t.agent, t.user_id as user, t.error_code as code, m.id as message, m.text,
         m.created_at as "createdAt", o.stop_requested as "stopRequested",
         o.worker <> $3 and o.lease_until > now() as held,
         exists (select from konstruct.open_turns e where e.tenant_id = $1 and e.conversation_id = o.conversation_id
           and e.position < o.position and not e.finished) as behind,
         (select count(*)::int from konstruct.open_turns r where r.tenant_id = $1 and r.lease_until > now()
           and not r.finished and r.turn_id <> $2) as running,
         (select p.id from konstruct.turns p
           where p.tenant_id = $1 and p.agent = t.agent and p.user_id = t.user_id and p.state in ('answered', 'stopped')
             and (select a.text <> '' from konstruct.messages a
               where a.tenant_id = $1 and a.turn_id = p.id and a.role = 'agent')
           order by p.finished_at desc limit 1) as "lastExchange",
         (select uid from konstruct.tenants where tenant_id = $1) as uid,
         ${isExhausted('$6', '$7')} as exhausted
       from konstruct.open_turns o
       join konstruct.turns t on t.tenant_id = o.tenant_id and t.id = o.turn_id
       join konstruct.messages m on m.tenant_id = t.tenant_id and m.turn_id = t.id and m.role = 'user'
       where o.tenant_id = $1 and o.turn_id = $2
     ), lease as (
       update konstruct.open_turns o
       set worker = $3, lease_until = clock_timestamp() + make_interval(secs => $4), set_aside = false
       from turn
       where o.tenant_id = $1 and o.turn_id = $2 and not o.finished
         and (o.lease_until <= now() or o.worker is null or o.worker = $3)
         and turn.state in ('queued', 'running') and not turn.behind and turn.running < $5
       returning o.turn_id
     ), attempt as (
       update konstruct.turns t set attempt = t.attempt + 1, state = 'running', started_at = coalesce(started_at, now())
       from lease where t.tenant_id = $1 and t.id = lease.turn_id
       returning t.attempt
     )
     select turn.*, attempt.attempt from turn left join attempt on true`,
    [ref.tenant, ref.turn, worker, leaseMs / 1_000, maxConcurrentTurns, ...budgetValues(budget)],
  )
  return row
}

const questionOf = ({ turn }: TurnRef, row: TurnRow): Message =>
  userMessage({ ...row, id: row.message, author: row.user, turn })

interface ReplyRow {
  readonly id: string
  readonly author: string
  readonly text: string
  readonly createdAt: Date
  readonly finish: MessageFinish
}

const readUnannounced = async (
  tx: TenantTx,
  { ref }: ClaimRequest,
  turn: TurnRow,
  state: TurnEnd,
): Promise<ClaimOutcome> => {
  const [row] = await tx.query<ReplyRow>(
    `select id, author, text, created_at as "createdAt", finish from konstruct.messages
     where tenant_id = $1 and turn_id = $2 and role = 'agent'`,
    [ref.tenant, ref.turn],
  )
  if (row === undefined) return { kind: 'done' }
  const reply: Message = { ...row, role: 'agent', turn: ref.turn, createdAt: row.createdAt.toISOString() }
  return { kind: 'unannounced', ref, state, code: turn.code, question: questionOf(ref, turn), reply }
}
