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
 * `OVERLOADED` when too many turns of the tenant wait already. Nothing is kept then.
 */
export const appendUserMessage = (database: Database, input: NewUserMessage): Promise<StoredUserMessage> =>
  database.withTenant(input.tenant, async (tx) => {
    const [opened, waiting, stored] = await Promise.all([
      openConversation(tx, input),
      countWaiting(tx, input),
      insertMessage(tx, input),
    ])
    if (!opened) throw new KonstructError('CONVERSATION_NOT_FOUND')
    if (stored === null) return findRepeated(tx, input)
    if (waiting >= input.maxWaitingTurns) throw new KonstructError('OVERLOADED', { retryAfterMs: 5_000 })
    return stored
  })

/**
 * Opens the conversation or finds it, and locks it until commit, so that positions follow the order of commits.
 * The position is only used when the message turns out to be new; a repeat leaves a gap in the counter, never in history.
 * False: it is somebody else's.
 */
const openConversation = async (tx: TenantTx, input: NewUserMessage): Promise<boolean> => {
  const rows = await tx.query(
    `insert into konstruct.conversations as c
       (tenant_id, id, channel_type, agent, user_id, owner_name, title, last_position)
     values ($1, $2, $3, $4, $5, $4, $6, 1)
     on conflict (tenant_id, id) do update set last_position = c.last_position + 1, updated_at = now()
       where c.user_id = excluded.user_id and c.agent = excluded.agent and c.channel_type = excluded.channel_type
     returning 1`,
    [tx.tenant, input.conversation, input.channel, input.agent, input.user, titleOf(input.text)],
  )
  return rows.length === 1
}

const titleOf = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length <= titleLength ? line : `${line.slice(0, titleLength - 1).trimEnd()}…`
}

/** No further than matters. */
const countWaiting = async (tx: TenantTx, input: NewUserMessage): Promise<number> => {
  const [row] = await tx.query<{ waiting: number }>(
    `select count(*)::int as waiting from (
       select from konstruct.open_turns where tenant_id = $1 and not finished limit $2) bounded`,
    [tx.tenant, input.maxWaitingTurns],
  )
  return row?.waiting ?? 0
}

/** The message, its turn, and the way to find the turn again. Null when the message was stored before. */
const insertMessage = async (tx: TenantTx, input: NewUserMessage): Promise<StoredUserMessage | null> => {
  const { conversation, agent, user, text } = input
  const turn = randomUUID()
  const [row] = await tx.query<{ id: string; createdAt: Date }>(
    `with message as (
       insert into konstruct.messages
         (tenant_id, id, conversation_id, position, role, author, text, turn_id, client_message_id)
       select tenant_id, $6, id, last_position, 'user', user_id, $7, $2, $8 from konstruct.conversations
       where tenant_id = $1 and id = $3 and agent = $4 and user_id = $5
       on conflict (tenant_id, conversation_id, client_message_id) do nothing
       returning *
     ), turn as (
       insert into konstruct.turns (tenant_id, id, conversation_id, agent, user_id)
       select tenant_id, turn_id, conversation_id, $4, author from message
     ), open as (
       insert into konstruct.open_turns (tenant_id, turn_id, conversation_id, position)
       select tenant_id, turn_id, conversation_id, position from message
     )
     select id, created_at as "createdAt" from message`,
    [tx.tenant, turn, conversation, agent, user, randomUUID(), text, input.clientMessageId],
  )
  if (row === undefined) return null
  return {
    message: userMessage({ ...row, text, author: user, turn }),
    turn,
    repeated: false,
    published: false,
  }
}

interface RepeatedRow {
  readonly id: string
  readonly text: string
  readonly author: string
  readonly createdAt: Date
  readonly turn: string
  readonly published: boolean
}

const findRepeated = async (tx: TenantTx, input: NewUserMessage): Promise<StoredUserMessage> => {
  const [row] = await tx.query<RepeatedRow>(
    `select m.id, m.text, m.author, m.created_at as "createdAt", m.turn_id as turn,
       o.turn_id is null or o.finished or o.published_at is not null as published
     from konstruct.messages m
     left join konstruct.open_turns o on o.tenant_id = m.tenant_id and o.turn_id = m.turn_id
     where m.tenant_id = $1 and m.conversation_id = $2 and m.client_message_id = $3`,
    [tx.tenant, input.conversation, input.clientMessageId],
  )
  if (row === undefined) throw new KonstructError('INTERNAL')
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
