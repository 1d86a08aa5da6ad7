// What a turn of these tests answers.
import type { Message } from '../../../services/shared/domain/message.ts'

export const aQuestion: Message = {
  id: 'q',
  role: 'user',
  author: 'ann',
  text: 'Hello',
  turn: 't',
  createdAt: new Date(0).toISOString(),
  finish: 'complete',
}
