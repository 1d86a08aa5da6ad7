// A user's message, from what PostgreSQL has of it.
import type { Message } from '../domain/message.ts'

export interface UserMessageRow {
  readonly id: string
  readonly text: string
  readonly author: string
  readonly createdAt: Date
  readonly turn: string
}

export const userMessage = ({ id, author, text, turn, createdAt }: UserMessageRow): Message => ({
  id,
  role: 'user',
  author,
  text,
  turn,
  createdAt: createdAt.toISOString(),
  finish: 'complete',
})
