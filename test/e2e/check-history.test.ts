import assert from 'node:assert/strict'
import type { Message } from '../../services/shared/domain/message.ts'
import { checkHistory, type ConversationHistory } from './check-history.ts'

const turns = [0, 1, 2, 3]

const message = (role: 'user' | 'agent', n: number): Message => ({
  id: `${role}-${n}`,
  role,
  author: role,
  text: role === 'user' ? `question ${n}` : `answer ${n}`,
  turn: `turn-${n}`,
  createdAt: new Date(n).toISOString(),
  finish: 'complete',
})

const messages = turns.flatMap((n) => [message('user', n), message('agent', n)])

const healthy: ConversationHistory = {
  said: turns.map((n) => ({
    text: `question ${n}`,
    accepted: { message: `user-${n}`, turn: `turn-${n}` },
  })),
  screen: messages,
  stored: messages,
  faults: [],
  answers: (text) => [text.replace('question', 'answer'), text.replace('question', 'another answer')],
}

/** What a defect makes of a list of messages, at one place. */
type Defect = (list: readonly Message[], at: number) => readonly Message[]

const drop: Defect = (list, at) => list.toSpliced(at, 1)
const duplicate: Defect = (list, at) => list.toSpliced(at, 0, { ...(list[at] as Message), id: 'again' })
/** With the next one of the same side. */
const reorder: Defect = (list, at) => list.with(at, list[at + 2] as Message).with(at + 2, list[at] as Message)
const truncate: Defect = (list, at) =>
  list.with(at, { ...(list[at] as Message), text: (list[at] as Message).text.slice(0, -1) })
const swap: Defect = (list, at) => list.with(at, list[at + 1] as Message).with(at + 1, list[at] as Message)

describe('The checker of histories', () => {
  it('finds nothing in a history that is in order', () => {
    assert.deepEqual(checkHistory(healthy), [])
  })

  it('lets a question come between another one and its answer', () => {
    const [u0, a0, u1, ...rest] = messages as [Message, Message, Message]
    assert.deepEqual(checkHistory({ ...healthy, screen: [u0, u1, a0, ...rest] }), [])
  })

  const defects: readonly { readonly name: string; readonly defect: Defect; readonly last: number }[] = [
    { name: 'dropped', defect: drop, last: messages.length - 1 },
    { name: 'duplicated', defect: duplicate, last: messages.length - 1 },
    { name: 'reordered', defect: reorder, last: messages.length - 3 },
    { name: 'truncated', defect: truncate, last: messages.length - 1 },
  ]
  for (const { name, defect, last } of defects)
    it(`catches every message that is ${name}, on the screen, in history or in both`, () => {
      for (let at = 0; at <= last; at += 1) {
        const wrong = defect(messages, at)
        for (const change of [{ screen: wrong }, { stored: wrong }, { screen: wrong, stored: wrong }])
          assert.notDeepEqual(
            checkHistory({ ...healthy, ...change }),
            [],
            `${name} at ${at}: ${Object.keys(change).join()}`,
          )
      }
    })

  it('names the invariant that is broken', () => {
    const invariants = (change: Partial<ConversationHistory>) =>
      new Set(checkHistory({ ...healthy, ...change }).map((violation) => violation.slice(0, 2)))
    const both = (defect: Defect, at: number) => ({
      screen: defect(messages, at),
      stored: defect(messages, at),
    })
    assert.ok(invariants(both(drop, 3)).has('I1'))
    assert.ok(invariants(both(duplicate, 3)).has('I2'))
    assert.ok(invariants(both(reorder, 2)).has('I3'))
    assert.ok(invariants(both(swap, 2)).has('I3'))
    assert.ok(invariants(both(truncate, 3)).has('I5'))
    assert.ok(invariants({ screen: drop(messages, 3) }).has('I5'))
    assert.ok(invariants({ faults: ['event 3 after 1'] }).has('I3'))
  })

  it('catches a reply that was put together from two calls', () => {
    const mixed = messages.with(1, { ...(messages[1] as Message), text: 'answer 0another answer 0' })
    assert.equal(checkHistory({ ...healthy, screen: mixed, stored: mixed }).length, 1)
  })

  it('catches what was never accepted', () => {
    const said = [...healthy.said, { text: 'question 9', accepted: null }]
    assert.deepEqual(checkHistory({ ...healthy, said }), ['I1 never accepted: question 9'])
  })
})
