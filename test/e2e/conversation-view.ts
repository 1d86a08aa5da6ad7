// What a person sees of one conversation, put together from the frames as docs/protocol.md tells a client to, by the
// strictest of readers: whatever the protocol forbids the gateway to send is noted as a fault.
import type {
  EventFrame,
  LiveReply,
  StreamPosition,
  SubscribedFrame,
} from '../../services/shared/domain/frames.ts'
import type { Message } from '../../services/shared/domain/message.ts'
import type { TurnState } from '../../services/shared/domain/turn.ts'

export interface Ending {
  readonly state: TurnState
  readonly code: string | null
  /** By `performance.now()`. */
  readonly at: number
}

export class ConversationView {
  readonly messages = new Map<string, Message>()
  /** Replies that are being written, by turn. */
  readonly live = new Map<string, LiveReply>()
  readonly ends = new Map<string, Ending>()
  /** How often a turn began anew on the screen. */
  readonly restarts = new Map<string, number>()
  /** What the gateway must never send. */
  readonly faults: string[] = []
  /** Turns whose deltas did not add up to their message. */
  readonly rewritten = new Set<string>()
  position: StreamPosition | null = null

  subscribed(frame: SubscribedFrame): void {
    if (frame.recovered) {
      if (this.position?.epoch !== frame.epoch || this.position.seq > frame.seq)
        this.faults.push(`recovered at ${at(frame)}, but the client has ${at(this.position)}`)
      return
    }
    this.position = { epoch: frame.epoch, seq: frame.seq }
    for (const message of frame.messages) this.#keep(message)
    // Epoch 0: the gateway cannot read the stream, so it does not know what is being written.
    if (frame.epoch !== 0) this.#replaceLive(frame.live)
  }

  event(frame: EventFrame): void {
    const { position } = this
    if (position?.epoch === frame.epoch && frame.seq <= position.seq) return
    if (position?.epoch !== frame.epoch || frame.seq !== position.seq + 1)
      this.faults.push(`event ${at(frame)} (${frame.event.kind}) after ${at(position)}`)
    this.position = { epoch: frame.epoch, seq: frame.seq }
    this.#apply(frame)
  }

  /** The reply of a turn, once it is there whole. */
  reply(turn: string): Message | undefined {
    return [...this.messages.values()].find((message) => message.turn === turn && message.role === 'agent')
  }

  #replaceLive(live: LiveReply | null): void {
    const before = live === null ? undefined : this.live.get(live.turn)
    this.live.clear()
    if (live === null) return
    this.live.set(live.turn, live)
    if (before !== undefined && before.attempt < live.attempt) this.#count(live.turn)
  }

  #apply({ event }: EventFrame): void {
    switch (event.kind) {
      case 'message':
        this.#keep(event.message)
        break
      case 'state':
        this.#changeState(event.turn, event.state, event.code ?? null)
        break
      case 'delta':
        this.#append(event.turn, event.attempt, event.text)
        break
      case 'restarted':
        this.#count(event.turn)
        this.live.set(event.turn, { ...this.#reply(event.turn), attempt: event.attempt, text: '' })
        break
      case 'confirmation':
      case 'owner':
    }
  }

  #append(turn: string, attempt: number, text: string): void {
    const known = this.#reply(turn)
    // A worker that lost the turn may still have something to say; it belongs to no text that counts.
    if (attempt < known.attempt || this.reply(turn) !== undefined) return
    this.live.set(turn, { ...known, attempt, text: (attempt > known.attempt ? '' : known.text) + text })
  }

  #changeState(turn: string, state: TurnState, code: string | null): void {
    const ended = state === 'answered' || state === 'failed' || state === 'stopped'
    if (ended) this.ends.set(turn, { state, code, at: performance.now() })
    if (ended) this.live.delete(turn)
    else if (this.reply(turn) === undefined) this.live.set(turn, { ...this.#reply(turn), state })
  }

  #keep(message: Message): void {
    const known = this.messages.get(message.id)
    if (known !== undefined && known.text !== message.text) this.faults.push('a message changed')
    this.messages.set(message.id, message)
    if (message.role === 'user' || message.turn === null) return
    const live = this.live.get(message.turn)
    if (live !== undefined && live.text !== message.text) this.rewritten.add(message.turn)
    this.live.delete(message.turn)
    if (!this.ends.has(message.turn))
      this.ends.set(message.turn, {
        state: message.finish === 'complete' ? 'answered' : message.finish,
        code: null,
        at: performance.now(),
      })
  }

  #reply(turn: string): LiveReply {
    return this.live.get(turn) ?? { turn, attempt: 0, state: 'queued', text: '' }
  }

  #count(turn: string): void {
    this.restarts.set(turn, (this.restarts.get(turn) ?? 0) + 1)
  }
}

const at = (position: StreamPosition | null): string =>
  position === null ? 'nothing' : `${position.epoch}-${position.seq}`
