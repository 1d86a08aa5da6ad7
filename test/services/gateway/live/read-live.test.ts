import assert from 'node:assert/strict'
import fc from 'fast-check'
import { foldLive } from '../../../../services/gateway/live/fold-live.ts'
import { readLive } from '../../../../services/gateway/live/read-live.ts'
import type { LiveReply, StreamEvent } from '../../../../services/shared/domain/frames.ts'
import type { Message } from '../../../../services/shared/domain/message.ts'
import type { TurnState } from '../../../../services/shared/domain/turn.ts'

/** A conversation as its stream and its table have it: turns wait, and are answered one after the other. */
class Conversation {
  readonly events: StreamEvent[] = []
  readonly messages: Message[] = []
  readonly #waiting: string[] = []
  /** Saved, and not announced yet. */
  readonly #unsaid: Message[] = []
  #running: { readonly turn: string; attempt: number } | null = null
  #asked = 0

  ask(): void {
    this.#asked += 1
    const turn = `turn ${this.#asked}`
    const message = this.#message('user', turn)
    this.#waiting.push(turn)
    this.events.push({ kind: 'message', message }, { kind: 'state', turn, state: 'queued' })
  }

  write(): void {
    const turn = this.#running?.turn ?? this.#begin()
    if (turn === undefined || this.#running === null) return
    const { attempt } = this.#running
    this.events.push({ kind: 'delta', turn, attempt, text: `${this.events.length} ` })
  }

  restart(): void {
    if (this.#running === null) return
    this.#running.attempt += 1
    const { turn, attempt } = this.#running
    this.events.push({ kind: 'restarted', turn, attempt }, this.#state(turn, 'thinking'))
  }

  save(): void {
    if (this.#running === null) return
    this.#unsaid.push(this.#message('agent', this.#running.turn))
    this.#running = null
  }

  announce(): void {
    for (const message of this.#unsaid.splice(0))
      this.events.push({ kind: 'message', message }, this.#state(message.turn ?? '', 'answered'))
  }

  #begin(): string | undefined {
    const turn = this.#waiting.shift()
    if (turn === undefined) return undefined
    this.#running = { turn, attempt: 1 }
    this.events.push(this.#state(turn, 'thinking'))
    return turn
  }

  #state(turn: string, state: TurnState): StreamEvent {
    return { kind: 'state', turn, state }
  }

  #message(role: 'user' | 'agent', turn: string): Message {
    const id = `${role} of ${turn}`
    const message: Message = { id, role, author: role, text: id, turn, createdAt: '', finish: 'complete' }
    this.messages.push(message)
    return message
  }
}

/** What the whole stream says, beside the messages. */
const liveOf = ({ events, messages }: Conversation): LiveReply | null => {
  const answered = new Set(messages.filter(({ role }) => role === 'agent').map(({ turn }) => turn))
  return foldLive(events.filter((event) => !('turn' in event && answered.has(event.turn))))
}

const readFrom = async (
  { events, messages }: Conversation,
  pageSize: number,
): Promise<{ readonly live: LiveReply | null; readonly read: number }> => {
  const texts = events.map((event) => JSON.stringify(event))
  const first = Math.max(1, texts.length - pageSize + 1)
  let read = texts.length - first + 1
  const readBefore = (seq: number): Promise<readonly string[]> => {
    const page = texts.slice(Math.max(0, seq - 1 - pageSize), seq - 1)
    read += page.length
    return Promise.resolve(page)
  }
  const live = await readLive(readBefore, { events: texts.slice(first - 1), first, messages })
  return { live, read }
}

const action = fc.constantFrom('ask', 'write', 'write', 'write', 'restart', 'save', 'announce', 'announce')

describe('The reply being written, read from the end of its stream', () => {
  it('is what the whole stream says, wherever the reading ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        async (actions, page) => {
          const conversation = new Conversation()
          for (const name of actions) conversation[name]()
          assert.deepEqual((await readFrom(conversation, page)).live, liveOf(conversation))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  const answered = (words: number): Conversation => {
    const conversation = new Conversation()
    conversation.ask()
    for (let i = 0; i < words; i += 1) conversation.write()
    conversation.save()
    conversation.announce()
    return conversation
  }

  it('costs no more than a page after a long reply that has ended', async () => {
    const conversation = answered(10_000)
    assert.deepEqual(await readFrom(conversation, 100), { live: null, read: 100 })
    conversation.ask()
    conversation.write()
    const { live, read } = await readFrom(conversation, 100)
    assert.deepEqual([live?.turn, live?.state, read], ['turn 2', 'thinking', 100])
  })

  it('is the question that waits longest, also where it was asked long before the last reply ended', async () => {
    const conversation = new Conversation()
    conversation.ask()
    conversation.write()
    conversation.ask()
    for (let i = 0; i < 1_000; i += 1) conversation.write()
    conversation.ask()
    conversation.save()
    conversation.announce()
    const { live, read } = await readFrom(conversation, 100)
    assert.deepEqual(live, { turn: 'turn 2', attempt: 0, state: 'queued', text: '' })
    assert.equal(read, 100)
  })
})
