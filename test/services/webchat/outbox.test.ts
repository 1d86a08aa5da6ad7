import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Message } from '../../../services/shared/domain/message.ts'
import { memoryStorage } from '../../../services/webchat/browser-storage.ts'
import { Outbox } from '../../../services/webchat/outbox.ts'

const say = (id: string, user = 'u1') => ({
  id,
  user,
  conversation: 'c1',
  agent: 'support',
  text: id,
  after: null,
})
const stored = (id: string, text: string): Message => ({
  id,
  role: 'user',
  author: 'u1',
  text,
  turn: `t-${id}`,
  createdAt: '2026-01-01T00:00:00Z',
  finish: 'complete',
})
const idsOf = (entries: readonly { id: string }[]): string[] => entries.map(({ id }) => id)

describe('the outbox', () => {
  it('keeps what was said until it is accepted, over a reload', () => {
    const storage = memoryStorage()
    new Outbox(storage, 'acme').add(say('s1'), 1)
    const reloaded = new Outbox(storage, 'acme')
    assert.deepEqual(idsOf(reloaded.waiting('u1')), ['s1'])
    reloaded.accepted('s1', 'm1')
    assert.deepEqual(new Outbox(storage, 'acme').entries('u1'), [])
  })

  it('keeps the order of saying, also when the clock stands still or goes back', () => {
    const outbox = new Outbox(memoryStorage(), 'acme')
    for (const [id, now] of [
      ['s1', 50],
      ['s2', 50],
      ['s3', 10],
    ] as const)
      outbox.add(say(id), now)
    assert.deepEqual(idsOf(outbox.waiting('u1')), ['s1', 's2', 's3'])
  })

  it('never says for one user what another one said', () => {
    const outbox = new Outbox(memoryStorage(), 'acme')
    outbox.add(say('s1', 'u1'), 1)
    assert.deepEqual(outbox.waiting('u2'), [])
  })

  it('never says to one tenant what was said to another', () => {
    const storage = memoryStorage()
    new Outbox(storage, 'acme').add(say('s1'), 1)
    assert.deepEqual(new Outbox(storage, 'globex').entries('u1'), [])
  })

  it('shows an accepted send until its message arrives, and does not say it again', () => {
    const outbox = new Outbox(memoryStorage(), 'acme')
    outbox.add(say('s1'), 1)
    outbox.accepted('s1', 'm1')
    assert.deepEqual([idsOf(outbox.entries('u1')), idsOf(outbox.waiting('u1'))], [['s1'], []])
    outbox.arrived('c1', [stored('m1', 's1')])
    assert.deepEqual(outbox.entries('u1'), [])
  })

  it('does not repeat a refused send by itself; a retry keeps its id', () => {
    const storage = memoryStorage()
    const outbox = new Outbox(storage, 'acme')
    outbox.add(say('s1'), 1)
    outbox.refused('s1', { code: 'RATE_LIMITED', retryAt: 5 })
    assert.deepEqual(new Outbox(storage, 'acme').waiting('u1'), [])
    assert.equal(outbox.retry('s1')?.id, 's1')
    assert.deepEqual(idsOf(new Outbox(storage, 'acme').waiting('u1')), ['s1'])
  })

  it('takes no refusal for what was accepted: an earlier try may be refused late', () => {
    const outbox = new Outbox(memoryStorage(), 'acme')
    outbox.add(say('s1'), 1)
    outbox.accepted('s1', 'm1')
    outbox.refused('s1', { code: 'OVERLOADED', retryAt: null })
    assert.equal(outbox.entries('u1')[0]?.refusal, null)
  })

  it('forgets for good a refused send that was stored all the same', () => {
    const storage = memoryStorage()
    const outbox = new Outbox(storage, 'acme')
    outbox.add({ ...say('s1'), after: 'm0' }, 1)
    outbox.refused('s1', { code: 'INTERNAL', retryAt: null })
    outbox.arrived('c1', [stored('m0', 's1')])
    assert.deepEqual(idsOf(outbox.entries('u1')), ['s1'])
    outbox.arrived('c2', [stored('m0', 'hi'), stored('m1', 's1')])
    assert.deepEqual(idsOf(outbox.entries('u1')), ['s1'])
    outbox.arrived('c1', [stored('m0', 'hi'), stored('m1', 's1')])
    assert.deepEqual(new Outbox(storage, 'acme').entries('u1'), [])
  })

  it('takes no message for a refused send that is another one of the same words', () => {
    const outbox = new Outbox(memoryStorage(), 'acme')
    outbox.add({ ...say('s1'), text: 'yes' }, 1)
    outbox.refused('s1', { code: 'RATE_LIMITED', retryAt: null })
    outbox.add({ ...say('s2'), text: 'yes' }, 2)
    outbox.arrived('c1', [stored('m1', 'yes')])
    assert.deepEqual(idsOf(outbox.entries('u1')), ['s1', 's2'])
    outbox.accepted('s2', 'm1')
    outbox.arrived('c1', [stored('m1', 'yes')])
    outbox.arrived('c1', [stored('m1', 'yes')])
    assert.deepEqual(idsOf(outbox.entries('u1')), ['s1'])
  })

  it('hands what waits to the new visitor when the old one is gone', () => {
    const storage = memoryStorage()
    const outbox = new Outbox(storage, 'acme')
    outbox.add(say('s1'), 1)
    outbox.readdress('u1', { user: 'u2', conversation: 'c2' })
    assert.deepEqual(
      new Outbox(storage, 'acme').waiting('u2').map(({ conversation }) => conversation),
      ['c2'],
    )
    assert.deepEqual(outbox.waiting('u1'), [])
  })

  it('reads past what it cannot read', () => {
    const storage = memoryStorage()
    storage.setItem('konstruct:acme:outbox:broken', '{')
    assert.deepEqual(new Outbox(storage, 'acme').entries('u1'), [])
  })

  it('loses nothing that was not accepted or dropped, whatever happens in however many tabs', () => {
    const acts = fc.array(
      fc.tuple(fc.constantFrom('add', 'accept', 'refuse', 'retry', 'drop', 'reload'), fc.nat(1), fc.nat(6)),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(acts, (acts) => {
        const storage = memoryStorage()
        const tabs = [new Outbox(storage, 'acme'), new Outbox(storage, 'acme')]
        const owed = new Set<string>()
        for (const [act, tab, number] of acts) {
          const id = `s${number}`
          if (act === 'reload') tabs[tab] = new Outbox(storage, 'acme')
          else deeds[act]?.(tabs[tab] as Outbox, { id, owed })
          const kept = new Set(idsOf(new Outbox(storage, 'acme').entries('u1')))
          for (const id of owed) assert.ok(kept.has(id), `${id} is lost`)
        }
      }),
    )
  })
})

interface Debt {
  readonly id: string
  /** Said, and neither accepted nor dropped. */
  readonly owed: Set<string>
}

const deeds: Readonly<Record<string, (outbox: Outbox, debt: Debt) => void>> = {
  add: (outbox, { id, owed }) => {
    if (outbox.get(id) !== undefined) return
    outbox.add(say(id), 1)
    owed.add(id)
  },
  accept: (outbox, { id, owed }) => {
    if (outbox.get(id) === undefined) return
    outbox.accepted(id, `m-${id}`)
    owed.delete(id)
  },
  drop: (outbox, { id, owed }) => {
    if (outbox.get(id) === undefined) return
    outbox.remove(id)
    owed.delete(id)
  },
  refuse: (outbox, { id, owed }) => {
    if (owed.has(id)) outbox.refused(id, { code: 'INTERNAL', retryAt: null })
  },
  retry: (outbox, { id, owed }) => {
    if (owed.has(id)) outbox.retry(id)
  },
}
