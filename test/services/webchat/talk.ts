// One conversation of the scripted gateway: its messages, its stream, and who follows it.
import { randomUUID } from 'node:crypto'
import type {
  AcceptedFrame,
  EventFrame,
  SendFrame,
  ServerFrame,
  StreamEvent,
  StreamPosition,
} from '../../../services/shared/domain/frames.ts'
import type { ConversationSummary, Message, MessageFinish } from '../../../services/shared/domain/message.ts'

type Tell = (frame: ServerFrame) => void

const epoch = 7
const pageSize = 20

export class Talk {
  readonly id: string
  readonly agent: string
  readonly user: string
  readonly messages: Message[] = []
  readonly #stream: EventFrame[] = []
  readonly #accepted = new Map<string, AcceptedFrame>()
  readonly #followers = new Map<object, Tell>()
  #texts = new Map<string, string>()

  constructor({ conversation, agent }: SendFrame, user: string) {
    this.id = conversation
    this.agent = agent
    this.user = user
  }

  isFollowedBy(follower: object): boolean {
    return this.#followers.has(follower)
  }

  follow(follower: object, tell: Tell): void {
    this.#followers.set(follower, tell)
  }

  /** Answers a `subscribe` and follows. */
  join(follower: object, tell: Tell, after: StreamPosition | null): void {
    const recovered = after?.epoch === epoch
    const live = [...this.#texts].map(
      ([turn, text]) => ({ turn, attempt: 1, state: 'writing', text }) as const,
    )[0]
    tell({
      type: 'subscribed',
      conversation: this.id,
      epoch,
      seq: this.#stream.length,
      recovered,
      messages: recovered ? [] : this.messages.slice(-pageSize),
      live: recovered ? null : (live ?? null),
    })
    if (recovered) for (const frame of this.#stream) if (frame.seq > after.seq) tell(frame)
    this.follow(follower, tell)
  }

  take({ id, conversation, text }: SendFrame): AcceptedFrame {
    const known = this.#accepted.get(id)
    if (known !== undefined) return known
    const turn = randomUUID()
    const message = this.#store({ role: 'user', author: this.user, text, turn, finish: 'complete' })
    const accepted = { type: 'accepted', id, conversation, message: message.id, turn } as const
    this.#accepted.set(id, accepted)
    return accepted
  }

  /** As if another tab had said it; gives the turn. */
  ask(text: string): string {
    return this.take({ type: 'send', id: randomUUID(), conversation: this.id, agent: this.agent, text }).turn
  }

  /** The reader's messages with this text. */
  questions(text: string): readonly Message[] {
    return this.messages.filter((message) => message.role === 'user' && message.text === text)
  }

  state(turn: string, state: Extract<StreamEvent, { kind: 'state' }>['state']): void {
    this.emit({ kind: 'state', turn, state })
  }

  write(turn: string, text: string): void {
    this.#texts.set(turn, (this.#texts.get(turn) ?? '') + text)
    this.emit({ kind: 'delta', turn, attempt: 1, text })
  }

  /** Ends the turn with what was written, or with `text`. */
  finish(turn: string, finish: MessageFinish = 'complete', text = this.#texts.get(turn) ?? ''): void {
    this.#texts.delete(turn)
    this.#store({ role: 'agent', author: this.agent, text, turn, finish })
    const end = { complete: 'answered', stopped: 'stopped', failed: 'failed' } as const
    const code = finish === 'failed' ? ({ code: 'MODEL_UNAVAILABLE' } as const) : {}
    this.emit({ kind: 'state', turn, state: end[finish], ...code })
  }

  /** `lost` numbers it, and tells nobody. */
  emit(event: StreamEvent, lost = false): void {
    const frame: EventFrame = {
      type: 'event',
      conversation: this.id,
      epoch,
      seq: this.#stream.length + 1,
      event,
    }
    this.#stream.push(frame)
    if (!lost) for (const tell of this.#followers.values()) tell(frame)
  }

  page(before: string | null) {
    const end = before === null ? this.messages.length : Number(before)
    const start = Math.max(0, end - pageSize)
    return { messages: this.messages.slice(start, end), before: start === 0 ? null : String(start) }
  }

  summary(): ConversationSummary {
    const [first] = this.messages
    const updatedAt = this.messages.at(-1)?.createdAt ?? ''
    return {
      id: this.id,
      agent: this.agent,
      owner: { kind: 'agent', name: this.agent },
      title: first?.text ?? '',
      updatedAt,
    }
  }

  #store(given: Omit<Message, 'id' | 'createdAt'>): Message {
    const message = { id: randomUUID(), createdAt: new Date().toISOString(), ...given }
    this.messages.push(message)
    this.emit({ kind: 'message', message })
    return message
  }
}
