// GET conversations, GET messages: what a user may read again, page by page.
import type { Response } from 'express'
import { KonstructError } from '../../shared/runtime/errors.ts'
import { listConversations, readMessages } from '../../shared/store/history.ts'
import { isUuid } from '../socket/parse-frame.ts'
import { authorize, type ApiPorts, type TenantRequest } from './api-ports.ts'

const largestPage = 100
const usualPage = 50
/** A cursor is a time and a UUID in base64url, or a number. */
const longestCursor = 120

type Query = Readonly<Record<string, unknown>>

/** @throws KonstructError `REQUEST_INVALID` */
const limitIn = ({ limit }: Query): number => {
  if (limit === undefined) return usualPage
  const size = typeof limit === 'string' && /^\d{1,3}$/.test(limit) ? Number(limit) : 0
  if (size < 1 || size > largestPage)
    throw new KonstructError('REQUEST_INVALID', { message: `\`limit\` must be from 1 to ${largestPage}.` })
  return size
}

/** @throws KonstructError `REQUEST_INVALID` */
const cursorIn = (query: Query, name: 'cursor' | 'before'): string | undefined => {
  const cursor = query[name]
  if (cursor === undefined || cursor === '') return undefined
  if (typeof cursor !== 'string' || cursor.length > longestCursor)
    throw new KonstructError('REQUEST_INVALID', { message: `\`${name}\` is not one that a page gave.` })
  return cursor
}

export const listUserConversations =
  (ports: ApiPorts) =>
  async (request: TenantRequest, response: Response): Promise<void> => {
    const { identity, known } = await authorize(ports, request)
    const query = request.query as Query
    const page = { cursor: cursorIn(query, 'cursor'), limit: limitIn(query) }
    const reader = { tenant: known.config.tenant, user: identity.user }
    response.json(await listConversations(ports.database, reader, page))
  }

export const listUserMessages =
  (ports: ApiPorts) =>
  async (request: TenantRequest, response: Response): Promise<void> => {
    const { identity, known } = await authorize(ports, request)
    const { conversation } = request.params as { readonly conversation?: string }
    if (!isUuid(conversation)) throw new KonstructError('CONVERSATION_NOT_FOUND')
    const query = request.query as Query
    const page = { cursor: cursorIn(query, 'before'), limit: limitIn(query) }
    const reader = { tenant: known.config.tenant, user: identity.user }
    response.json(await readMessages(ports.database, reader, conversation, page))
  }
