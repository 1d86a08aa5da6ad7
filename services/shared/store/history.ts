// What a user may read again: their conversations, newest first, and a conversation's messages, page by page.
import { Op } from 'sequelize'
import type { ConversationSummary, Message } from '../domain/message.ts'
import { KonstructError } from '../runtime/errors.ts'
import type { Database, TenantTx } from './database.ts'
import type { ConversationRow, MessageRow } from './models.ts'

export interface Reader {
  readonly tenant: string
  readonly user: string
}

export interface ConversationPage {
  readonly conversations: readonly ConversationSummary[]
  /** Give it back for the next page; null at the end. */
  readonly cursor: string | null
}

export interface MessagePage {
  /** Oldest first. */
  readonly messages: readonly Message[]
  /** Give it back for the page before this one; null at the beginning. */
  readonly before: string | null
}

interface PageOptions {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** A user's web conversations, newest first. @throws KonstructError `REQUEST_INVALID` for a cursor not made here. */
export const listConversations = (
  database: Database,
  reader: Reader,
  { cursor, limit }: PageOptions,
): Promise<ConversationPage> =>
  database.withTenant(reader.tenant, async ({ models, tenant, transaction }) => {
    const rows = await models.conversations.findAll({
      where: { tenantId: tenant, userId: reader.user, channelType: 'web', ...olderThan(cursor) },
      order: [
        ['updatedAt', 'DESC'],
        ['id', 'DESC'],
      ],
      limit: limit + 1,
      transaction,
    })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      conversations: page.map(summaryOf),
      cursor: rows.length > limit && last !== undefined ? encodeCursor(last) : null,
    }
  })

const summaryOf = (row: ConversationRow): ConversationSummary => ({
  id: row.id,
  agent: row.agent,
  owner: { kind: row.ownerKind, name: row.ownerName },
  title: row.title,
  updatedAt: row.updatedAt.toISOString(),
})

const encodeCursor = (row: ConversationRow): string =>
  Buffer.from(`${row.updatedAt.toISOString()} ${row.id}`).toString('base64url')

const olderThan = (cursor: string | undefined) => {
  if (cursor === undefined) return {}
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  const updatedAt = new Date(time)
  if (Number.isNaN(updatedAt.getTime()) || !/^[0-9a-f-]{36}$/.test(id))
    throw new KonstructError('REQUEST_INVALID', { message: 'The cursor is not one that a page gave.' })
  return { [Op.or]: [{ updatedAt: { [Op.lt]: updatedAt } }, { updatedAt, id: { [Op.lt]: id } }] }
}

/**
 * One page of a conversation, ending before `cursor` or at its newest message.
 * @throws KonstructError `CONVERSATION_NOT_FOUND` when it is not this user's, `REQUEST_INVALID` for a foreign cursor.
 */
export const readMessages = (
  database: Database,
  reader: Reader,
  conversation: string,
  page: PageOptions,
): Promise<MessagePage> =>
  database.withTenant(reader.tenant, async (tx) => {
    await findConversation(tx, reader, conversation)
    return readPage(tx, conversation, page)
  })

/** @throws KonstructError `CONVERSATION_NOT_FOUND` unless the conversation is this user's. */
export const assertReadable = (database: Database, reader: Reader, conversation: string): Promise<void> =>
  database.withTenant(reader.tenant, (tx) => findConversation(tx, reader, conversation))

const findConversation = async (tx: TenantTx, reader: Reader, conversation: string): Promise<void> => {
  const found = await tx.models.conversations.count({
    where: { tenantId: tx.tenant, id: conversation, userId: reader.user },
    transaction: tx.transaction,
  })
  if (found === 0) throw new KonstructError('CONVERSATION_NOT_FOUND')
}

const readPage = async (
  { models, tenant, transaction }: TenantTx,
  conversation: string,
  { cursor, limit }: PageOptions,
): Promise<MessagePage> => {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
    throw new KonstructError('REQUEST_INVALID', {
      message: 'The cursor `before` is not one that a page gave.',
    })
  const rows = await models.messages.findAll({
    where: {
      tenantId: tenant,
      conversationId: conversation,
      ...(cursor === undefined ? {} : { position: { [Op.lt]: cursor } }),
    },
    order: [['position', 'DESC']],
    limit: limit + 1,
    transaction,
  })
  const page = rows.slice(0, limit).toReversed()
  return { messages: page.map(messageOf), before: rows.length > limit ? (page[0]?.position ?? null) : null }
}

const messageOf = (row: MessageRow): Message => ({
  id: row.id,
  role: row.role,
  author: row.author,
  text: row.text,
  turn: row.turnId,
  createdAt: row.createdAt.toISOString(),
  finish: row.finish,
})
