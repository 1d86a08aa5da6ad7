// Ends a turn: its state, its usage and its one reply, by one statement, if the worker's fence is still the newest.
import { randomUUID } from 'node:crypto'
import type { Message, MessageFinish } from '../domain/message.ts'
import type { ErrorCode } from '../domain/frame-errors.ts'
import type { TurnEnd, TurnRef } from '../domain/turn.ts'
import type { Database, TenantTx } from './database.ts'

export interface Reply {
  readonly ref: TurnRef
  /** The fence: the attempt number that the claim gave. */
  readonly attempt: number
  readonly state: TurnEnd
  /** The agent's name. */
  readonly author: string
  /** May be empty when the turn failed or was stopped before the first word. */
  readonly text: string
  readonly code: ErrorCode | null
  readonly inputTokens: number
  readonly outputTokens: number
}

const finishOf: Readonly<Record<TurnEnd, MessageFinish>> = {
  answered: 'complete',
  stopped: 'stopped',
  failed: 'failed',
}

/** Gives the stored reply, or null when a newer attempt owns the turn (or its tenant is gone): then say nothing. */
export const saveReply = (database: Database, reply: Reply): Promise<Message | null> =>
  database.withTenant(reply.ref.tenant, (tx) => endTurn(tx, reply), { atOnce: true })

/** Rows that a tenant's usage of a day is spread over, so that replies which are saved at once seldom meet at one (migration 6). */
const usageShards = 8

/**
 * Everything or nothing, as the fence decides: whoever comes with an old one adds neither a reply nor its usage. What a
 * worker used that lost its turn is therefore not counted; nor is what a worker used that died.
 *
 * What is open is locked first, as a claim does, or the two would come to wait for each other; then the turn, the
 * conversation, and the row of usage last, since others want it most.
 */
const ending = `
  with open as (
    select turn_id from konstruct.open_turns where tenant_id = $1 and turn_id = $2 for update
  ), ended as (
    update konstruct.turns t
    set state = $4, error_code = $5, input_tokens = $6, output_tokens = $7, finished_at = now()
    from open where t.tenant_id = $1 and t.id = open.turn_id and t.attempt = $3 and t.state = 'running'
    returning t.id
  ), finished as (
    update konstruct.open_turns o set finished = true
    from ended where o.tenant_id = $1 and o.turn_id = ended.id
    returning o.conversation_id
  ), place as (
    update konstruct.conversations c set last_position = last_position + 1, updated_at = now()
    from finished where c.tenant_id = $1 and c.id = finished.conversation_id
    returning c.id, last_position
  ), used as (
    insert into konstruct.daily_usage as u (tenant_id, day, shard, input_tokens, output_tokens)
    select $1, (now() at time zone 'utc')::date, floor(random() * ${usageShards}), $6, $7 from place where $6 + $7 > 0
    on conflict (tenant_id, day, shard) do update set
      input_tokens = u.input_tokens + excluded.input_tokens, output_tokens = u.output_tokens + excluded.output_tokens
  )
  insert into konstruct.messages (tenant_id, id, conversation_id, position, role, author, text, turn_id, finish)
  select $1, $8, id, last_position, 'agent', $9, $10, $2, $11 from place
  returning id, author, text, created_at as "createdAt", finish`

interface ReplyRow {
  readonly id: string
  readonly author: string
  readonly text: string
  readonly createdAt: Date
  readonly finish: MessageFinish
}

const endTurn = async (tx: TenantTx, reply: Reply): Promise<Message | null> => {
  const { ref, attempt, state, code, inputTokens, outputTokens, author, text } = reply
  const ended = [ref.tenant, ref.turn, attempt, state, code, inputTokens, outputTokens]
  const [row] = await tx.query<ReplyRow>(ending, [...ended, randomUUID(), author, text, finishOf[state]])
  if (row === undefined) return null
  return { ...row, role: 'agent', turn: ref.turn, createdAt: row.createdAt.toISOString() }
}
