// The list of the reader's conversations, newest first. Pure.
import type { ConversationSummary } from '../shared/domain/message.ts'
import type { ConversationPage } from './api.ts'

export interface ConversationList {
  readonly conversations: readonly ConversationSummary[]
  /** Where the next page begins; null when there is none. */
  readonly cursor: string | null
}

/** A message that made the conversation the newest one. */
export type Said = Pick<ConversationSummary, 'id' | 'agent' | 'updatedAt'> & { readonly text: string }

export const emptyList: ConversationList = { conversations: [], cursor: null }

/** The newest page, read again: it is the truth for what it covers, and older ones stay. */
export const withNewestPage = (list: ConversationList, page: ConversationPage): ConversationList => ({
  conversations: unite(page.conversations, list.conversations),
  cursor: list.conversations.length === 0 ? page.cursor : list.cursor,
})

export const withNextPage = (list: ConversationList, page: ConversationPage): ConversationList => ({
  conversations: unite(list.conversations, page.conversations),
  cursor: page.cursor,
})

/** Something was said: the conversation moves to the top; a new one joins. */
export const touched = (list: ConversationList, said: Said): ConversationList => {
  const known = list.conversations.find(({ id }) => id === said.id)
  const owner = { kind: 'agent', name: said.agent } as const
  const summary = known ?? { id: said.id, agent: said.agent, owner, title: titleOf(said.text), updatedAt: '' }
  const top = { ...summary, updatedAt: said.updatedAt }
  return { ...list, conversations: unite([top], list.conversations) }
}

const titleOf = (text: string): string => text.trim().split('\n', 1)[0]?.slice(0, 80) ?? ''

const unite = (
  first: readonly ConversationSummary[],
  rest: readonly ConversationSummary[],
): readonly ConversationSummary[] => {
  const known = new Set(first.map(({ id }) => id))
  return [...first, ...rest.filter(({ id }) => !known.has(id))].toSorted((a, b) =>
    b.updatedAt.localeCompare(a.updatedAt),
  )
}
