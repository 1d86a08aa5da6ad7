// What the model reads: who it is, what was said, what is said now. Pure.
import type { Remembered } from '../shared/redis/short-memory.ts'
import type { Prompt } from './models/model.ts'

export interface PromptParts {
  readonly instructions: string
  /** Oldest first. */
  readonly exchanges: readonly Remembered[]
  readonly text: string
}

export const buildPrompt = ({ instructions, exchanges, text }: PromptParts): Prompt => [
  { role: 'system', content: instructions },
  ...exchanges.flatMap(({ user, reply }) => [
    { role: 'user' as const, content: user },
    { role: 'assistant' as const, content: reply },
  ]),
  { role: 'user', content: text },
]
