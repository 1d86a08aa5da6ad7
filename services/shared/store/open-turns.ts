// The certain way to a turn. `open_turns` has a row for every turn that is not yet answered and announced; whatever
// Kafka, a gateway or a worker lost is found here again. All calls touch ids only, so they need no tenant.
import type { TurnRef } from '../domain/turn.ts'
import type { Database } from './database.ts'

/** A turn that was stored but never confirmed by Kafka is taken up after this, in seconds. */
const unpublishedAfterSeconds = 5
/** A turn that Kafka confirmed but that nobody claimed is taken up after this, in seconds: Kafka may have lost it. */
const unclaimedAfterSeconds = 20

const columns = (refs: readonly TurnRef[]) =>
  [refs.map((ref) => ref.tenant), refs.map((ref) => ref.turn)] as const

const named = `(tenant_id, turn_id) in (select * from unnest($1::text[], $2::uuid[]))`

/**
 * Rows that meet the condition, as `chosen`. Batches of two processes often name the same ones: all lock them in one order,
 * or each would come to wait for the other.
 */
const choosing = (condition: string): string => `
  with chosen as (
    select tenant_id, turn_id from konstruct.open_turns where ${condition}
    order by tenant_id, turn_id for update)`

const isChosen = `o.tenant_id = chosen.tenant_id and o.turn_id = chosen.turn_id`

/** A note that is lost does no harm: its turn is taken up or announced once more, which changes nothing. */
const repeatable = { durable: false } as const

/** Notes that Kafka has these turns. */
export const confirmPublished = (database: Database, refs: readonly TurnRef[]): Promise<void> =>
  database.acrossTenants(async (tx) => {
    await tx.query(
      `${choosing(named)} update konstruct.open_turns o set published_at = now() from chosen where ${isChosen}`,
      columns(refs),
    )
  }, repeatable)

/** Leaves turns to be taken up later, by whoever has a place free. */
export const setAside = (database: Database, refs: readonly TurnRef[]): Promise<void> =>
  database.acrossTenants(async (tx) => {
    await tx.query(
      `${choosing(named)} update konstruct.open_turns o set set_aside = true from chosen where ${isChosen}`,
      columns(refs),
    )
  })

/** Forgets turns whose end was announced. */
export const closeTurns = (database: Database, refs: readonly TurnRef[]): Promise<void> =>
  database.acrossTenants(async (tx) => {
    await tx.query(
      `${choosing(`finished and ${named}`)} delete from konstruct.open_turns o using chosen where ${isChosen}`,
      columns(refs),
    )
  }, repeatable)

interface WaitingTurnsQuery {
  /** Of turns to be begun; one to be announced may come on top. */
  readonly limit: number
  readonly exceptTenants: readonly string[]
  /** Also those that only wait to be announced; true unless set. Without Redis they would be found in vain. */
  readonly unannounced?: boolean
}

/**
 * Turns that wait and that nobody works on, one tenant after the other: set aside, left by a dead worker, saved but
 * not announced, or lost on the way through Kafka. Finding one is no claim: `claimTurn` decides.
 *
 * What runs of a tenant counts as its turn taken: places get free one by one, and each would be the oldest backlog's.
 *
 * Those to be begun come first. Those to be announced get what is left of the limit, and one beyond it where nothing is:
 * while Redis refuses to write they are found in vain again and again, and may hold up nobody; while it writes, they must
 * not wait for a backlog to end.
 */
export const findWaitingTurns = (
  database: Database,
  { limit, exceptTenants, unannounced = true }: WaitingTurnsQuery,
): Promise<readonly TurnRef[]> =>
  database.acrossTenants((tx) =>
    tx.query<TurnRef>(
      `with running as (
         select tenant_id, count(*) as turns from konstruct.open_turns
         where lease_until > now() and not finished group by tenant_id
       ), waiting as (
         select o.*, coalesce(r.turns, 0)
           + row_number() over (partition by o.tenant_id, o.finished order by o.enqueued_at) as place
         from konstruct.open_turns o left join running r on r.tenant_id = o.tenant_id
         where o.lease_until < now() and o.tenant_id <> all ($2::text[]) and ($3 or not o.finished)
           and (o.set_aside or o.worker is not null or o.finished
             or o.enqueued_at < now() - make_interval(secs =>
               case when o.published_at is null then ${unpublishedAfterSeconds} else ${unclaimedAfterSeconds} end))
           and not exists (
             select from konstruct.open_turns e where e.tenant_id = o.tenant_id
               and e.conversation_id = o.conversation_id and e.position < o.position and not e.finished)
       ), to_begin as (
         select * from waiting where not finished order by place, enqueued_at limit $1
       ), to_announce as (
         select * from waiting where finished
         order by place, enqueued_at limit greatest(1, $1 - (select count(*) from to_begin))
       )
       select tenant_id as tenant, conversation_id as conversation, turn_id as turn
       from (table to_begin union all table to_announce) found
       order by finished, place, enqueued_at`,
      [limit, exceptTenants, unannounced],
    ),
  )

export interface RenewedTurn extends TurnRef {
  readonly stopRequested: boolean
}

/** Prolongs the leases of one worker by the clock, as in a claim; a turn that is missing in the answer is no longer its own. */
export const renewLeases = (
  database: Database,
  worker: string,
  leaseMs: number,
  refs: readonly TurnRef[],
): Promise<readonly RenewedTurn[]> =>
  database.acrossTenants((tx) =>
    tx.query<RenewedTurn>(
      `${choosing(`${named} and worker = $4`)}
       update konstruct.open_turns o set lease_until = clock_timestamp() + make_interval(secs => $3)
       from chosen where ${isChosen}
       returning o.tenant_id as tenant, o.conversation_id as conversation, o.turn_id as turn,
         o.stop_requested as "stopRequested"`,
      [...columns(refs), leaseMs / 1_000, worker],
    ),
  )

/** Gives up the leases of one worker at once, so that others take its unfinished turns without waiting. */
export const releaseLeases = (database: Database, worker: string): Promise<void> =>
  database.acrossTenants(async (tx) => {
    await tx.query(
      `${choosing('worker = $1 and not finished')}
       update konstruct.open_turns o set lease_until = '-infinity', set_aside = true from chosen where ${isChosen}`,
      [worker],
    )
  })

export interface OpenTurns {
  readonly tenant: string
  /** Turns that wait or run. */
  readonly open: number
  /** Conversations that they belong to: of each, one turn can run at a time. */
  readonly conversations: number
  /** Age of the oldest one that nobody works on and that no earlier one of its conversation holds up; 0: there is none. */
  readonly oldestWaitingSeconds: number
}

/** The backlog of each tenant that has one. */
export const countOpenTurns = (database: Database): Promise<readonly OpenTurns[]> =>
  database.acrossTenants((tx) =>
    tx.query<OpenTurns>(
      `select o.tenant_id as tenant, count(*)::int as open, count(distinct o.conversation_id)::int as conversations,
         coalesce(max(extract(epoch from now() - o.enqueued_at)) filter (where o.lease_until < now() and not exists (
           select from konstruct.open_turns e where e.tenant_id = o.tenant_id
             and e.conversation_id = o.conversation_id and e.position < o.position and not e.finished)), 0)::float8
           as "oldestWaitingSeconds"
       from konstruct.open_turns o where not o.finished group by 1`,
    ),
  )
