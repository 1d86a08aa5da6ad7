import assert from 'node:assert/strict'
import { foldLive } from '../../../../services/gateway/live/fold-live.ts'
import type { StreamEvent } from '../../../../services/shared/domain/frames.ts'
import type { TurnState } from '../../../../services/shared/domain/turn.ts'

const state = (turn: string, name: TurnState): StreamEvent => ({ kind: 'state', turn, state: name })
const delta = (turn: string, text: string, attempt = 1): StreamEvent => ({
  kind: 'delta',
  turn,
  attempt,
  text,
})
const restarted = (turn: string, attempt: number): StreamEvent => ({ kind: 'restarted', turn, attempt })
const reply = (turn: string): StreamEvent => ({
  kind: 'message',
  message: {
    id: `${turn}-reply`,
    role: 'agent',
    author: 'support',
    text: 'whole',
    turn,
    createdAt: new Date(0).toISOString(),
    finish: 'complete',
  },
})

const cases: readonly (readonly [string, readonly StreamEvent[], unknown])[] = [
  ['is nothing in an empty stream', [], null],
  ['waits when it is queued', [state('t', 'queued')], { turn: 't', attempt: 0, state: 'queued', text: '' }],
  [
    'is all its pieces in order',
    [state('t', 'writing'), delta('t', 'Hel'), delta('t', 'lo')],
    { turn: 't', attempt: 1, state: 'writing', text: 'Hello' },
  ],
  [
    'begins again with a new attempt',
    [delta('t', 'old'), restarted('t', 2), delta('t', 'new', 2)],
    { turn: 't', attempt: 2, state: 'writing', text: 'new' },
  ],
  [
    'ignores what an older attempt still writes',
    [restarted('t', 2), delta('t', 'late'), delta('t', 'new', 2)],
    { turn: 't', attempt: 2, state: 'writing', text: 'new' },
  ],
  [
    'is not begun again by an older attempt that woke up',
    [restarted('t', 2), delta('t', 'new', 2), restarted('t', 1), delta('t', 'old', 1)],
    { turn: 't', attempt: 2, state: 'writing', text: 'new' },
  ],
  [
    'begins again in the same attempt, when that writes all of it anew',
    [delta('t', 'Hel'), restarted('t', 1), delta('t', 'Hello')],
    { turn: 't', attempt: 1, state: 'writing', text: 'Hello' },
  ],
  [
    'begins again even when only the newer piece tells of it',
    [delta('t', 'old'), delta('t', 'new', 2)],
    { turn: 't', attempt: 2, state: 'writing', text: 'new' },
  ],
  ['is over with its message', [delta('t', 'x'), reply('t')], null],
  ['is over when it failed', [delta('t', 'x'), state('t', 'failed')], null],
  ['is over when it was stopped', [delta('t', 'x'), state('t', 'stopped')], null],
  [
    'is that of the oldest turn that has not ended',
    [state('a', 'writing'), state('b', 'queued'), delta('a', 'x'), reply('a'), state('a', 'answered')],
    { turn: 'b', attempt: 0, state: 'queued', text: '' },
  ],
  [
    'is not touched by a kind that it does not know',
    [delta('t', 'x'), { kind: 'later' } as unknown as StreamEvent],
    { turn: 't', attempt: 1, state: 'writing', text: 'x' },
  ],
]

describe('The reply being written', () => {
  for (const [name, events, expected] of cases) it(name, () => assert.deepEqual(foldLive(events), expected))
})
