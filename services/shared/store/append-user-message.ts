// Stores a user's message and the turn that will answer it, in one transaction. A repeat of the same client message
// id gives the first one back, whatever its text, so a client may send until it is told `accepted`.
import { randomUUID } from 'node:crypto'
import type { ChannelType, Message } from '../domain/message.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { Database, TenantTx } from './database.ts'

export interface NewUserMessage {
  readonly tenant: string
  readonly channel: ChannelType
  readonly conversation: string
  /** Made by the client; unique within its conversation. */
  readonly clientMessageId: string
  readonly user: string
  readonly agent: string
  readonly text: string
  /** Turns of this tenant that may wait or run at once. */
  readonly maxWaitingTurns: number
}

export interface StoredUserMessage {
  readonly message: Message
  readonly turn: string
  /** True when this id was stored before. */
  readonly repeated: boolean
  /** True when Kafka has confirmed the turn, or it has ended: there is nothing left to publish. */
  readonly published: boolean
}

/** Longest title of a conversation, in characters; it is cut from the first message. */
const titleLength = 80

/**
 * @throws KonstructError `CONVERSATION_NOT_FOUND` when the conversation belongs to another user or agent,
 * `OVERLOADED` when too many turns of the tenant wait already.
 */
export const appendUserMessage = (database: Database, input: NewUserMessage): Promise<StoredUserMessage> =>
  database.withTenant(input.tenant, async (tx) => {
    const [position, repeated, waiting] = await Promise.all([
      nextPosition(tx, input),
      findRepeated(tx, input),
      countWaiting(tx, input),
    ])
    if (repeated !== null) return repeated
    if (waiting >= input.maxWaitingTurns) throw new KonstructError('OVERLOADED', { retryAfterMs: 5_000 })
    return insertAll(tx, input, position)
  })

/**
 * Opens the conversation or finds it, and locks it until commit, so that positions follow the order of commits.
 * The position is only used when the message turns out to be new; a repeat leaves a gap in the counter, never in history.
 */
const nextPosition = async (tx: TenantTx, input: NewUserMessage): Promise<number> => {
  const rows = await tx.query<{ position: number }>(
    `insert into konstruct.conversations as c
       (tenant_id, id, channel_type, agent, user_id, owner_name, title, last_position)
     values ($1, $2, $3, $4, $5, $4, $6, 1)
     on conflict (tenant_id, id) do update set last_position = c.last_position + 1, updated_at = now()
       where c.user_id = excluded.user_id and c.agent = excluded.agent and c.channel_type = excluded.channel_type
     returning last_position::int as position`,
    [tx.tenant, input.conversation, input.channel, input.agent, input.user, titleOf(input.text)],
  )
  const row = rows[0]
  if (row === undefined) throw new KonstructError('CONVERSATION_NOT_FOUND')
  return row.position
}

const titleOf = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length <= titleLength ? line : `${line.slice(0, titleLength - 1).trimEnd()}…`
}

interface RepeatedRow {
  readonly id: string
  readonly text: string
  readonly author: string
  readonly createdAt: Date
  readonly turn: string
  readonly published: boolean
}

const findRepeated = async (tx: TenantTx, input: NewUserMessage): Promise<StoredUserMessage | null> => {
  const [row] = await tx.query<RepeatedRow>(
    `select m.id, m.text, m.author, m.created_at as "createdAt", m.turn_id as turn,
       o.turn_id is null or o.finished or o.published_at is not null as published
     from konstruct.messages m
     left join konstruct.open_turns o on o.tenant_id = m.tenant_id and o.turn_id = m.turn_id
     where m.tenant_id = $1 and m.conversation_id = $2 and m.client_message_id = $3`,
    [tx.tenant, input.conversation, input.clientMessageId],
  )
  if (row === undefined) return null
  return { message: userMessage(row), turn: row.turn, repeated: true, published: row.published }
}

const userMessage = (row: Omit<RepeatedRow, 'published'>): Message => ({
  id: row.id,
  role: 'user',
  author: row.author,
  text: row.text,
  turn: row.turn,
  createdAt: row.createdAt.toISOString(),
  finish: 'complete',
})

/** No further than matters. */
const countWaiting = async (tx: TenantTx, input: NewUserMessage): Promise<number> => {
  const [row] = await tx.query<{ waiting: number }>(
    `select count(*)::int as waiting from (
       select from konstruct.open_turns where tenant_id = $1 and not finished limit $2) bounded`,
    [tx.tenant, input.maxWaitingTurns],
  )
  return row?.waiting ?? 0
}

const insertAll = async (
  tx: TenantTx,
  input: NewUserMessage,
  position: number,
): Promise<StoredUserMessage> => {
  const turn = randomUUID()
  const [row] = await tx.query<{ id: string; createdAt: Date }>(
    `with turn as (
       insert into konstruct.turns (tenant_id, id, conversation_id, agent, user_id)
       values ($1, $2, $3, $4, $5) returning id
     ), message as (
       insert into konstruct.messages
         (tenant_id, id, conversation_id, position, role, author, text, turn_id, client_message_id)
       select $1, $6, $3, $7, 'user', $5, $8, turn.id, $9 from turn
       returning id, created_at as "createdAt"
     ), open as (
       insert into konstruct.open_turns (tenant_id, turn_id, conversation_id, position)
       select $1, turn.id, $3, $7 from turn
     )
     select * from message`,
    [
      tx.tenant,
      turn,
      input.conversation,
      input.agent,
      input.user,
      randomUUID(),
      position,
      input.text,
      input.clientMessageId,
    ],
  )
  if (row === undefined) throw new KonstructError('INTERNAL')
  const message = userMessage({ ...row, text: input.text, author: input.user, turn })
  return { message, turn, repeated: false, published: false }
}
