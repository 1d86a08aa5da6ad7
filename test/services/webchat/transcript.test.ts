import assert from 'node:assert/strict'
import type { Message } from '../../../services/shared/domain/message.ts'
import { emptyConversation } from '../../../services/webchat/conversation-state.ts'
import type { ConversationState } from '../../../services/webchat/conversation-state.ts'
import type { OutboxEntry } from '../../../services/webchat/outbox.ts'
import { activeTurn, transcript } from '../../../services/webchat/transcript.ts'

const message = (id: string, over: Partial<Message> = {}): Message => ({
  id,
  role: 'user',
  author: 'u',
  text: id,
  turn: `t-${id}`,
  createdAt: '2026-01-01T12:00:00.000Z',
  finish: 'complete',
  ...over,
})

const entry = (id: string, over: Partial<OutboxEntry> = {}): OutboxEntry => ({
  id,
  user: 'u',
  conversation: 'c1',
  agent: 'support',
  text: id,
  saidAt: 1,
  after: null,
  refusal: null,
  message: null,
  ...over,
})

const conversation = (over: Partial<ConversationState>): ConversationState => ({
  ...emptyConversation('c1', 'support'),
  ...over,
})

const keys = (state: ConversationState, outbox: readonly OutboxEntry[] = []): string[] =>
  transcript(state, outbox).map(({ key }) => key)

const writing = { turn: 't-m1', attempt: 1, state: 'writing', text: 'so far', code: null } as const

describe('the transcript', () => {
  it('shows what was just said before the reply that is being written, and refusals last', () => {
    const state = conversation({ messages: [message('m1')], turns: [writing] })
    const refused = entry('r1', { refusal: { code: 'RATE_LIMITED', retryAt: null } })
    assert.deepEqual(keys(state, [refused, entry('s1')]), ['m1', 'sending:s1', 'reply:t-m1', 'sending:r1'])
  })

  it('keeps the place of a reply when its message replaces it', () => {
    const before = keys(conversation({ messages: [message('m1')], turns: [writing] }))
    const after = keys(
      conversation({ messages: [message('m1'), message('m2', { role: 'agent', turn: 't-m1' })] }),
    )
    assert.deepEqual(before, after)
  })

  it('shows a message once while it is known both as said and as stored', () => {
    const stored = conversation({ messages: [message('m1', { text: 'hello' })] })
    assert.deepEqual(
      keys(stored, [entry('s1', { text: 'hello' })]).filter((key) => !key.startsWith('reply')),
      ['m1'],
    )
    assert.deepEqual(
      keys(stored, [entry('s1', { text: 'hello', message: 'm1' })]).filter((key) => !key.startsWith('reply')),
      ['m1'],
    )
  })

  it('shows the same words said twice, twice', () => {
    const stored = conversation({ messages: [message('m1', { text: 'yes', turn: null })] })
    const said = [
      entry('s1', { text: 'yes', after: 'm1' }),
      entry('s2', { text: 'yes', after: 'm1', saidAt: 2 }),
    ]
    assert.deepEqual(keys(stored, said), ['m1', 'sending:s1', 'sending:s2'])
  })

  it('leaves out what was said in another conversation', () => {
    assert.deepEqual(keys(conversation({}), [entry('s1', { conversation: 'c2' })]), [])
  })

  it('shows a question as waiting that nothing was heard of yet', () => {
    const state = conversation({ messages: [message('m1')] })
    assert.equal(activeTurn(state)?.state, 'queued')
    assert.deepEqual(keys(state), ['m1', 'reply:t-m1'])
  })

  it('tells a failed turn with the question to ask again', () => {
    const failed = { ...writing, state: 'failed', code: 'MODEL_UNAVAILABLE' } as const
    const items = transcript(
      conversation({ messages: [message('m1', { text: 'why?' })], turns: [failed] }),
      [],
    )
    assert.deepEqual(items.at(-1), {
      kind: 'failure',
      key: 'failure:t-m1',
      code: 'MODEL_UNAVAILABLE',
      question: 'why?',
    })
  })

  it('tells a failure that history knows only until the reader goes on', () => {
    const left = message('m2', { role: 'agent', turn: 't-m1', finish: 'failed' })
    const isTold = (messages: readonly Message[]): boolean =>
      transcript(conversation({ messages }), []).some(({ kind }) => kind === 'failure')
    assert.equal(isTold([message('m1'), left]), true)
    assert.equal(isTold([message('m1'), left, message('m3')]), false)
  })

  it('marks the day where it changes', () => {
    const messages = [message('m1'), message('m2', { createdAt: '2026-01-05T12:00:00.000Z', turn: null })]
    assert.deepEqual(
      transcript(conversation({ messages }), []).map(({ kind }) => kind),
      ['message', 'day', 'message'],
    )
  })
})
