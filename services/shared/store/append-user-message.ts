// Stores a user's message and the turn that will answer it, in one transaction. A repeat of the same client message
// id gives the first one back, whatever its text, so a client may send until it is told `accepted`.
//
// The commit waits for the disk. Meanwhile the turn can be on its way already: the transaction holds a lock on it, for
// which its claim waits (turn-lock.ts), so nobody can look for the turn before it is stored, or is known not to be.
import { randomUUID } from 'node:crypto'
import type { ChannelType, Message } from '../domain/message.ts'
import type { Budget } from '../domain/resources/tenant.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { Database, TenantTx } from './database.ts'
import { budgetValues, isExhausted, untilNextPeriod } from './token-budget.ts'
import { turnLock } from './turn-lock.ts'
import { userMessage, type UserMessageRow } from './user-message.ts'

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
  /** Null: there is no end. */
  readonly budget: Budget | null
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

interface AppendWatch {
  /** The message is new and not refused, its commit is on the way: the turn may be queued. Not called for a repeat. */
  readonly onWritten?: (turn: string) => void
}

/**
 * @throws KonstructError `CONVERSATION_NOT_FOUND` when the conversation belongs to another user or agent,
 * `BUDGET_EXHAUSTED` when the tenant's tokens are used up, with the time until the next period, `OVERLOADED` when too many
 * turns of the tenant wait already. Nothing is kept then.
 */
export const appendUserMessage = async (
  database: Database,
  input: NewUserMessage,
  { onWritten }: AppendWatch = {},
): Promise<StoredUserMessage> => {
  const write = async (tx: TenantTx): Promise<StoredUserMessage | null> => {
    const written = await insertMessage(tx, input)
    if (written !== null) onWritten?.(written.turn)
    return written
  }
  const stored = await database.withTenant(input.tenant, write, { atOnce: true })
  return stored ?? database.withTenant(input.tenant, (tx) => findRepeated(tx, input))
}

type StoredName = Pick<
  NewUserMessage,
  'tenant' | 'channel' | 'conversation' | 'clientMessageId' | 'user' | 'agent'
>

/** What was stored under this id before; null where nothing was, or for another user or agent. */
export const findUserMessage = (database: Database, name: StoredName): Promise<StoredUserMessage | null> =>
  database.withTenant(name.tenant, async (tx) => {
    const row = await readRepeated(tx, name)
    return row?.own === true && row.id !== null ? repeatedOf(row) : null
  })

const titleOf = (text: string): string => {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length <= titleLength ? line : `${line.slice(0, titleLength - 1).trimEnd()}…`
}

/**
 * The conversation, the message, its turn, and the way to find the turn again, in one statement that refuses by itself.
 *
 * Opening the conversation locks it until the commit, so that positions follow the order of commits. A repeat leaves a gap
 * in them, never in history. Waiting turns are counted no further than matters.
 */
const insertion = `
  with waiting as (
    select count(*) as turns from (
      select from konstruct.open_turns where tenant_id = $1 and not finished limit $11) bounded
  ), conversation as (
    insert into konstruct.conversations as c
      (tenant_id, id, channel_type, agent, user_id, owner_name, title, last_position)
    select $1, $2, $3, $4, $5, $4, $6, 1 from waiting where waiting.turns < $11 and not ${isExhausted('$12', '$13')}
    on conflict (tenant_id, id) do update set last_position = c.last_position + 1, updated_at = now()
      where c.user_id = excluded.user_id and c.agent = excluded.agent and c.channel_type = excluded.channel_type
    returning *
  ), message as (
    insert into konstruct.messages
      (tenant_id, id, conversation_id, position, role, author, text, turn_id, client_message_id)
    select tenant_id, $7, id, last_position, 'user', user_id, $8, $10, $9 from conversation
    on conflict (tenant_id, conversation_id, client_message_id) do nothing
    returning *
  ), turn as (
    insert into konstruct.turns (tenant_id, id, conversation_id, agent, user_id)
    select tenant_id, turn_id, conversation_id, $4, author from message
  ), open as (
    insert into konstruct.open_turns (tenant_id, turn_id, conversation_id, position)
    select tenant_id, turn_id, conversation_id, position from message
  )
  select id, created_at as "createdAt", pg_advisory_xact_lock(${turnLock('turn_id')}) from message`

/** Null when it was stored before, or refused. */
const insertMessage = async (tx: TenantTx, input: NewUserMessage): Promise<StoredUserMessage | null> => {
  const { conversation, channel, agent, user, text, clientMessageId, maxWaitingTurns, budget } = input
  const title = titleOf(text)
  const turn = randomUUID()
  const opened = [tx.tenant, conversation, channel, agent, user, title]
  const added = [randomUUID(), text, clientMessageId, turn]
  const [row] = await tx.query<{ id: string; createdAt: Date }>(insertion, [
    ...opened,
    ...added,
    maxWaitingTurns,
    ...budgetValues(budget),
  ])
  if (row === undefined) return null
  const message = userMessage({ ...row, text, author: user, turn })
  return { message, turn, repeated: false, published: false }
}

interface RepeatedRow extends UserMessageRow {
  /** The conversation is this user's with this agent. */
  readonly own: boolean
  readonly published: boolean
}

/** Without an id: the conversation is there, the message is not. */
type SoughtRow = RepeatedRow | { readonly own: boolean; readonly id: null }

const readRepeated = async (tx: TenantTx, input: StoredName): Promise<SoughtRow | undefined> => {
  const [row] = await tx.query<SoughtRow>(
    `select c.user_id = $4 and c.agent = $5 and c.channel_type = $6 as own,
       m.id, m.text, m.author, m.created_at as "createdAt", m.turn_id as turn,
       o.turn_id is null or o.finished or o.published_at is not null as published
     from konstruct.conversations c
     left join konstruct.messages m
       on m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.client_message_id = $3
     left join konstruct.open_turns o on o.tenant_id = m.tenant_id and o.turn_id = m.turn_id
     where c.tenant_id = $1 and c.id = $2`,
    [tx.tenant, input.conversation, input.clientMessageId, input.user, input.agent, input.channel],
  )
  return row
}

const repeatedOf = (row: RepeatedRow): StoredUserMessage => ({
  message: userMessage(row),
  turn: row.turn,
  repeated: true,
  published: row.published,
})

/** The message that was stored before; without one it was refused, and this tells why. */
const findRepeated = async (tx: TenantTx, input: NewUserMessage): Promise<StoredUserMessage> => {
  const row = await readRepeated(tx, input)
  if (row?.own === false) throw new KonstructError('CONVERSATION_NOT_FOUND')
  if (row === undefined || row.id === null) throw await refusalFor(tx, input)
  return repeatedOf(row)
}

/** Looked for a moment later: should the budget's next period have begun, then the message is taken when it is repeated. */
const refusalFor = async (tx: TenantTx, { budget }: NewUserMessage): Promise<KonstructError> => {
  const [exhausted] = await tx.query<{ retryAfterMs: number }>(
    `select ${untilNextPeriod('$3')} as "retryAfterMs" where ${isExhausted('$2', '$3')}`,
    [tx.tenant, ...budgetValues(budget)],
  )
  if (exhausted !== undefined) return new KonstructError('BUDGET_EXHAUSTED', exhausted)
  return new KonstructError('OVERLOADED', { retryAfterMs: 5_000 })
}
