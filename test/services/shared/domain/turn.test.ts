import assert from 'node:assert/strict'
import { isTurnEnd } from '../../../../services/shared/domain/turn.ts'
import type { TurnState } from '../../../../services/shared/domain/turn.ts'

describe('a turn', () => {
  it('is ended by an answer, a failure and a stop, and by nothing else', () => {
    const before: TurnState[] = ['queued', 'thinking', 'writing', 'using_tool', 'waiting_for_confirmation']
    const ends: TurnState[] = ['answered', 'failed', 'stopped']
    assert.deepEqual([...before, ...ends].filter(isTurnEnd), ends)
  })
})
