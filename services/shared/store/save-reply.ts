// Ends a turn: its state, its usage and its one reply, in one transaction, if the worker's fence is still the newest.
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
  database.withTenant(reply.ref.tenant, async (tx) => {
    if (!(await endTurn(tx, reply))) return null
    return insertReply(tx, reply)
  })

const endTurn = async (tx: TenantTx, reply: Reply): Promise<boolean> => {
  const ended = await tx.query(
    `with ended as (
       update konstruct.turns
       set state = $4, error_code = $5, input_tokens = $6, output_tokens = $7, finished_at = now()
       where tenant_id = $1 and id = $2 and attempt = $3 and state = 'running'
       returning id
     ), finished as (
       update konstruct.open_turns o set finished = true
       from ended where o.tenant_id = $1 and o.turn_id = ended.id
     )
     select id from ended`,
    [
      reply.ref.tenant,
      reply.ref.turn,
      reply.attempt,
      reply.state,
      reply.code,
      reply.inputTokens,
      reply.outputTokens,
    ],
  )
  return ended.length === 1
}

const insertReply = async (tx: TenantTx, reply: Reply): Promise<Message> => {
  const [row] = await tx.query<{ id: string; createdAt: Date }>(
    `with place as (
       update konstruct.conversations set last_position = last_position + 1, updated_at = now()
       where tenant_id = $1 and id = $2 returning last_position
     )
     insert into konstruct.messages (tenant_id, id, conversation_id, position, role, author, text, turn_id, finish)
     select $1, $3, $2, last_position, 'agent', $4, $5, $6, $7 from place
     returning id, created_at as "createdAt"`,
    [
      reply.ref.tenant,
      reply.ref.conversation,
      randomUUID(),
      reply.author,
      reply.text,
      reply.ref.turn,
      finishOf[reply.state],
    ],
  )
  if (row === undefined) throw new Error('The conversation of a claimed turn is missing.')
  return {
    id: row.id,
    role: 'agent',
    author: reply.author,
    text: reply.text,
    turn: reply.ref.turn,
    createdAt: row.createdAt.toISOString(),
    finish: finishOf[reply.state],
  }
}
