// Keeps conversations in step with their live streams: asks with `subscribe` when something is missing, once per
// need, and takes the answer in. A socket forgets its subscriptions when it closes, so after a `welcome` only
// what is looked at is followed again; the others are asked for when the reader opens them.
import type { ErrorFrame, EventFrame, SubscribeFrame, SubscribedFrame } from '../shared/domain/frames.ts'
import type { Message } from '../shared/domain/message.ts'
import {
  addOlder,
  afterReconnect,
  applyEvent,
  applySubscribed,
  emptyConversation,
  hasLostBeginning,
} from './conversation-state.ts'
import type { ConversationState } from './conversation-state.ts'

export interface FollowerPorts {
  /** False when there is no open socket. */
  readonly send: (frame: SubscribeFrame) => boolean
  readonly onChange: (conversation: ConversationState) => void
  /** What was known of it does not reach to what is known now, and was dropped. */
  readonly onHole: (conversation: string) => void
}

/** Before asking again what an answer has just left missing, so that a confused gateway is not asked in a loop. */
const askAgainMs = 250
/** After a refused `subscribe` that names no time. */
const refusedMs = 2_000

export class Follower {
  readonly #ports: FollowerPorts
  readonly #states = new Map<string, ConversationState>()
  /** `subscribe` frames that this socket has not answered. */
  readonly #asked = new Set<string>()
  /** What this socket sends events of. */
  readonly #followed = new Set<string>()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  constructor(ports: FollowerPorts) {
    this.#ports = ports
  }

  state(id: string): ConversationState | undefined {
    return this.#states.get(id)
  }

  /** Makes the conversation known without asking: one that begins with the reader's next message. */
  begin(id: string, agent: string): ConversationState {
    const state = this.#states.get(id) ?? emptyConversation(id, agent)
    this.#states.set(id, state)
    return state
  }

  /** For a conversation that the gateway has; `agent` as the list says. */
  follow(id: string, agent: string): void {
    this.begin(id, agent)
    if (!this.#followed.has(id)) this.#ask(id)
  }

  /** A new socket knows nothing of the old one's subscriptions. */
  restart(): void {
    this.#asked.clear()
    this.#followed.clear()
    this.#stopTimers()
    for (const [id, state] of this.#states) this.#states.set(id, afterReconnect(state))
  }

  forgetAll(): void {
    this.restart()
    this.#states.clear()
  }

  subscribed(frame: SubscribedFrame): void {
    this.#asked.delete(frame.conversation)
    this.#followed.add(frame.conversation)
    const before = this.#states.get(frame.conversation)
    if (before === undefined) return
    const after = this.#put(applySubscribed(before, frame))
    if (hasLostBeginning(before, after)) this.#ports.onHole(after.id)
    if (after.missing) this.#askIn(after.id, askAgainMs)
  }

  event(frame: EventFrame): void {
    const before = this.#states.get(frame.conversation)
    if (before === undefined) return
    const after = this.#put(applyEvent(before, frame))
    if (after.missing) this.#ask(after.id)
  }

  /** True when the error answers a `subscribe`. */
  refused(frame: ErrorFrame): boolean {
    const id = frame.conversation
    if (id === undefined || frame.id !== undefined || !this.#asked.delete(id)) return false
    if (frame.code !== 'CONVERSATION_NOT_FOUND') this.#askIn(id, frame.retryAfterMs ?? refusedMs)
    return true
  }

  /**
   * Asks where the stream stands, although nothing seems to be missing: a dead socket shows by its silence. Also where
   * an answer is still due: an event that came meanwhile was taken for a sign of life.
   */
  probe(id: string): void {
    const due = this.#asked.delete(id)
    if (due || this.#followed.has(id)) this.#ask(id)
  }

  addOlder(id: string, messages: readonly Message[]): boolean {
    const before = this.#states.get(id)
    if (before === undefined) return false
    return this.#put(addOlder(before, messages)) !== before
  }

  close(): void {
    this.#stopTimers()
  }

  #ask(id: string): void {
    if (this.#asked.has(id)) return
    const position = this.#states.get(id)?.position ?? null
    const frame = { type: 'subscribe', conversation: id, ...(position && { after: position }) } as const
    if (this.#ports.send(frame)) this.#asked.add(id)
  }

  #askIn(id: string, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#ask(id)
    }, ms)
    this.#timers.add(timer)
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #put(state: ConversationState): ConversationState {
    if (this.#states.get(state.id) === state) return state
    this.#states.set(state.id, state)
    this.#ports.onChange(state)
    return state
  }
}
