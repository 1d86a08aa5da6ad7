import assert from 'node:assert/strict'
import { buildPrompt } from '../../../services/orchestrator/build-prompt.ts'

describe('A prompt', () => {
  it('tells who the agent is, what was said, and what is said now, in this order', () => {
    const prompt = buildPrompt({
      instructions: 'You are Ava.',
      exchanges: [
        { turn: '1', user: 'Hi', reply: 'Hello' },
        { turn: '2', user: 'My name is Ann', reply: 'Nice' },
      ],
      text: 'Who am I?',
    })
    assert.deepEqual(
      prompt.map(({ role, content }) => `${role}: ${content}`),
      [
        'system: You are Ava.',
        'user: Hi',
        'assistant: Hello',
        'user: My name is Ann',
        'assistant: Nice',
        'user: Who am I?',
      ],
    )
  })
})
