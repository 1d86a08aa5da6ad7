import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { EventFrame, StreamEvent } from '../../../services/shared/domain/frames.ts'
import type { Message } from '../../../services/shared/domain/message.ts'
import {
  addOlder,
  afterReconnect,
  applyEvent,
  applySubscribed,
  emptyConversation,
} from '../../../services/webchat/conversation-state.ts'
import type { ConversationState } from '../../../services/webchat/conversation-state.ts'
import { ScriptedConversation } from './scripted-conversation.ts'
import type { Happening } from './scripted-conversation.ts'

const id = '11111111-1111-4111-8111-111111111111'

const message = (over: Partial<Message> = {}): Message => ({
  id: 'm1',
  role: 'user',
  author: 'u',
  text: 'hello',
  turn: 't1',
  createdAt: '2026-01-01T00:00:00.000Z',
  finish: 'complete',
  ...over,
})

const event = (seq: number, event: StreamEvent, epoch = 1): EventFrame => ({
  type: 'event',
  conversation: id,
  epoch,
  seq,
  event,
})

const delta = (seq: number, text: string, attempt = 1): EventFrame =>
  event(seq, { kind: 'delta', turn: 't1', attempt, text })

const subscribed = {
  type: 'subscribed',
  conversation: id,
  epoch: 1,
  seq: 0,
  messages: [],
  live: null,
} as const

const joined = (): ConversationState =>
  applySubscribed(emptyConversation(id, 'support'), { ...subscribed, recovered: false })

const written = (state: ConversationState): string | undefined => state.turns[0]?.text

describe('the state of a conversation', () => {
  it('asks where the stream stands before it applies anything', () => {
    const state = applyEvent(emptyConversation(id, 'support'), delta(1, 'a'))
    assert.equal(state.missing, true)
    assert.equal(written(state), undefined)
  })

  it('applies events in the order of their numbers', () => {
    const early = applyEvent(joined(), delta(2, 'b'))
    assert.equal(early.missing, true)
    const state = applyEvent(early, delta(1, 'a'))
    assert.deepEqual([written(state), state.missing, state.position], ['ab', false, { epoch: 1, seq: 2 }])
  })

  it('ignores an event that it has', () => {
    const once = applyEvent(joined(), delta(1, 'a'))
    assert.equal(applyEvent(once, delta(1, 'a')), once)
  })

  it('counts an event of a kind that it does not know', () => {
    const state = applyEvent(joined(), event(1, { kind: 'applause' } as unknown as StreamEvent))
    assert.deepEqual(state.position, { epoch: 1, seq: 1 })
  })

  it('drops what an attempt wrote when another one begins', () => {
    const state = [
      delta(1, 'old'),
      event(2, { kind: 'restarted', turn: 't1', attempt: 2 }),
      delta(3, 'new', 2),
    ]
    assert.equal(written(state.reduce(applyEvent, joined())), 'new')
  })

  it('ignores a late delta of an attempt that was given up', () => {
    const state = [
      event(1, { kind: 'restarted', turn: 't1', attempt: 2 }),
      delta(2, 'new', 2),
      delta(3, 'old', 1),
    ]
    assert.equal(written(state.reduce(applyEvent, joined())), 'new')
  })

  it('shows the message in place of its deltas, whatever they said', () => {
    const reply = message({ id: 'm2', role: 'agent', text: 'the truth' })
    const state = [
      delta(1, 'a hint'),
      event(2, { kind: 'message', message: reply }),
      delta(3, ' more'),
    ].reduce(applyEvent, joined())
    assert.deepEqual([state.turns, state.messages], [[], [reply]])
  })

  it('shows a message once, however often it comes', () => {
    const state = [1, 2, 3].reduce(
      (state, seq) => applyEvent(state, event(seq, { kind: 'message', message: message() })),
      joined(),
    )
    assert.deepEqual(state.messages, [message()])
  })

  it('keeps why a turn failed, whichever of message and state comes first', () => {
    const failed = event(1, { kind: 'state', turn: 't1', state: 'failed', code: 'MODEL_UNAVAILABLE' })
    const left = event(1, {
      kind: 'message',
      message: message({ id: 'm2', role: 'agent', finish: 'failed' }),
    })
    for (const [first, second] of [
      [failed, left],
      [left, failed],
    ] as const) {
      const state = applyEvent(applyEvent(joined(), first), { ...second, seq: 2 })
      assert.equal(state.failures.get('t1'), 'MODEL_UNAVAILABLE')
    }
  })

  it('takes the answer that could not recover as the truth, with the reply written so far', () => {
    const live = { turn: 't1', attempt: 3, state: 'writing', text: 'so far' } as const
    const state = applySubscribed(applyEvent(joined(), delta(1, 'lost')), {
      ...subscribed,
      epoch: 2,
      seq: 7,
      recovered: false,
      messages: [message()],
      live,
    })
    assert.deepEqual(state.messages, [message()])
    assert.deepEqual(state.turns, [{ ...live, code: null }])
    assert.equal(
      written(applyEvent(state, event(8, { kind: 'delta', turn: 't1', attempt: 3, text: '!' }, 2))),
      'so far!',
    )
  })

  it('does not show a reply as being written whose message is in the same answer', () => {
    const state = applySubscribed(joined(), {
      ...subscribed,
      seq: 5,
      recovered: false,
      messages: [message(), message({ id: 'm2', role: 'agent', text: 'done' })],
      live: { turn: 't1', attempt: 1, state: 'writing', text: 'don' },
    })
    assert.deepEqual(state.turns, [])
  })

  it('keeps what history has loaded before the truth, but nothing with a hole behind it', () => {
    const ids = (state: ConversationState): string[] => state.messages.map(({ id }) => id)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id, day) =>
      message({ id, createdAt: `2026-01-0${day + 1}T00:00:00.000Z` }),
    ) as [Message, Message, Message, Message]
    const known = { ...joined(), messages: [a, b] }
    const truth = (messages: readonly Message[]) => ({ ...subscribed, seq: 900, recovered: false, messages })
    assert.deepEqual(ids(applySubscribed(known, truth([b, c]))), ['a', 'b', 'c'])
    assert.deepEqual(ids(applySubscribed(known, truth([c, d]))), ['c', 'd'])
  })

  it('ignores an answer that events have outrun', () => {
    const ahead = [delta(1, 'a'), delta(2, 'b')].reduce(applyEvent, joined())
    assert.equal(applySubscribed(ahead, { ...subscribed, seq: 1, recovered: false }), ahead)
  })

  it('keeps what is being written while the gateway cannot read the stream', () => {
    const blind = { ...subscribed, epoch: 0, seq: 0, recovered: false, messages: [message()] }
    const state = applySubscribed(applyEvent(joined(), delta(1, 'so far')), blind)
    assert.deepEqual([written(state), state.messages, state.missing], ['so far', [message()], false])
  })

  it('asks again when an event of another epoch comes', () => {
    const state = applyEvent(
      applyEvent(joined(), delta(1, 'a')),
      event(1, { kind: 'state', turn: 't1', state: 'writing' }, 2),
    )
    assert.equal(state.missing, true)
  })

  it('takes a question away when its turn no longer waits', () => {
    const question = {
      kind: 'confirmation',
      confirmation: 'c1',
      tool: 'delete',
      arguments: {},
      expiresAt: '',
    } as const
    const asked = [
      event(1, question),
      event(2, { kind: 'state', turn: 't1', state: 'waiting_for_confirmation' }),
    ].reduce(applyEvent, joined())
    assert.deepEqual(asked.confirmation, question)
    const decided = applyEvent(asked, event(3, { kind: 'state', turn: 't1', state: 'using_tool' }))
    assert.equal(decided.confirmation, null)
  })

  it('puts older history before what is known, and nothing twice', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => message({ id })) as [Message, Message, Message]
    const known = { ...joined(), messages: [b, c] }
    assert.deepEqual(addOlder(known, [a, b]).messages, [a, b, c])
    assert.equal(addOlder(known, [b, c]), known)
  })
})

describe('a conversation over a bad network', () => {
  const happening: fc.Arbitrary<Happening> = fc.constantFrom(
    'say',
    'write',
    'write',
    'write',
    'restart',
    'finish',
    'fail',
    'lose-redis',
    'trim',
  )
  const network = fc.constantFrom(
    'deliver',
    'deliver',
    'deliver',
    'drop',
    'repeat',
    'swap',
    'reconnect',
    'answer',
  )
  const steps = fc.array(fc.oneof(happening, network), { minLength: 5, maxLength: 120 })

  it('ends as the stored conversation, and never shows what was not written', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(1_000), { minLength: 120, maxLength: 120 }), (steps, dice) => {
        const server = new ScriptedConversation(id)
        let state = emptyConversation(id, 'support')
        const receive = (
          frames: readonly (EventFrame | ReturnType<typeof server.answer>[number])[],
        ): void => {
          for (const frame of frames)
            state = frame.type === 'event' ? applyEvent(state, frame) : applySubscribed(state, frame)
        }
        const ask = (): void => receive(server.answer(state.position))
        steps.forEach((step, index) => {
          const die = dice[index] ?? 0
          if (step === 'deliver') receive(server.take(1))
          else if (step === 'drop') server.take(1 + (die % 3))
          else if (step === 'repeat') receive(server.sentBefore(die))
          else if (step === 'swap') receive(server.take(2).toReversed())
          else if (step === 'reconnect') {
            server.take(Number.POSITIVE_INFINITY)
            state = afterReconnect(state)
          } else if (step === 'answer') {
            if (state.missing) ask()
          } else server.happen(step, die)
          for (const turn of state.turns)
            assert.ok(server.wasWritten(turn), `${JSON.stringify(turn)} was never written`)
        })
        state = afterReconnect(state)
        for (let asked = 0; state.missing && asked < 3; asked++) ask()
        assert.equal(state.missing, false)
        assert.deepEqual(state.messages, server.messages)
        assert.deepEqual(
          state.turns.filter(({ text }) => text !== '').map(({ text }) => text),
          server.liveTexts(),
        )
      }),
      { numRuns: 400 },
    )
  })
})
