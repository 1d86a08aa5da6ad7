// A conversation as the gateway has it, for the test of the page's state: what happens, what is stored, what the
// live stream still holds, and how a `subscribe` is answered.
import type {
  EventFrame,
  StreamEvent,
  StreamPosition,
  SubscribedFrame,
} from '../../../services/shared/domain/frames.ts'
import type { Message } from '../../../services/shared/domain/message.ts'

export type Happening = 'say' | 'write' | 'restart' | 'finish' | 'fail' | 'lose-redis' | 'trim'

interface Writing {
  readonly turn: string
  readonly attempt: number
  readonly text: string
}

export class ScriptedConversation {
  readonly #id: string
  readonly #sent: EventFrame[] = []
  readonly #written = new Set<string>()
  #stream: EventFrame[] = []
  #onTheWire: EventFrame[] = []
  #messages: Message[] = []
  #waiting: string[] = []
  #writing: Writing | null = null
  #epoch = 1
  #seq = 0

  constructor(id: string) {
    this.#id = id
  }

  get messages(): readonly Message[] {
    return this.#messages
  }

  happen(happening: Happening, die: number): void {
    if (happening === 'say') return this.#say(die)
    if (happening === 'lose-redis') return this.#loseRedis()
    if (happening === 'trim') return void this.#stream.splice(0, die % 5)
    const writing = this.#writing ?? this.#takeUp()
    if (writing === null) return undefined
    if (happening === 'write') return this.#write(writing, `w${die} `)
    if (happening === 'restart') return this.#restart({ ...writing, attempt: writing.attempt + 1, text: '' })
    return this.#finish(writing, happening === 'finish' ? 'complete' : 'failed')
  }

  /** The next frames on the wire. */
  take(count: number): readonly EventFrame[] {
    return this.#onTheWire.splice(0, count)
  }

  /** A frame that was on the wire once; a network may repeat it. */
  sentBefore(die: number): readonly EventFrame[] {
    const frame = this.#sent[die % Math.max(1, this.#sent.length)]
    return frame === undefined ? [] : [frame]
  }

  answer(after: StreamPosition | null): readonly (SubscribedFrame | EventFrame)[] {
    const recovered =
      after !== null &&
      after.epoch === this.#epoch &&
      after.seq + 1 >= (this.#stream[0]?.seq ?? this.#seq + 1)
    const writing = this.#writing
    this.#onTheWire = []
    const frame: SubscribedFrame = {
      type: 'subscribed',
      conversation: this.#id,
      epoch: this.#epoch,
      seq: this.#seq,
      recovered,
      messages: recovered ? [] : this.#messages,
      live: recovered || writing === null ? null : { ...writing, state: 'writing' },
    }
    return [frame, ...(recovered ? this.#stream.filter(({ seq }) => seq > after.seq) : [])]
  }

  wasWritten({ turn, attempt, text }: Writing): boolean {
    return text === '' || this.#written.has(JSON.stringify([turn, attempt, text]))
  }

  liveTexts(): readonly string[] {
    return this.#writing === null || this.#writing.text === '' ? [] : [this.#writing.text]
  }

  #say(die: number): void {
    const turn = `t${this.#messages.length}`
    this.#waiting.push(turn)
    this.#store({ role: 'user', turn, text: `question ${die}`, finish: 'complete' })
  }

  #takeUp(): Writing | null {
    const turn = this.#waiting.shift()
    return turn === undefined ? null : (this.#writing = { turn, attempt: 1, text: '' })
  }

  #write(writing: Writing, text: string): void {
    this.#became({ ...writing, text: writing.text + text })
    this.#publish({ kind: 'delta', turn: writing.turn, attempt: writing.attempt, text })
  }

  #restart(writing: Writing): void {
    this.#became(writing)
    this.#publish({ kind: 'restarted', turn: writing.turn, attempt: writing.attempt })
  }

  #finish({ turn, text }: Writing, finish: Message['finish']): void {
    this.#writing = null
    this.#store({ role: 'agent', turn, text: `${text}(whole)`, finish })
    this.#publish({ kind: 'state', turn, state: finish === 'complete' ? 'answered' : 'failed' })
  }

  /** The stream is gone; its writer tells the whole reply again under the new epoch. */
  #loseRedis(): void {
    this.#epoch++
    this.#seq = 0
    this.#stream = []
    if (this.#writing === null) return
    const { turn, attempt, text } = this.#writing
    this.#publish({ kind: 'restarted', turn, attempt })
    this.#publish({ kind: 'delta', turn, attempt, text })
  }

  #store(over: Pick<Message, 'role' | 'turn' | 'text' | 'finish'>): void {
    const number = this.#messages.length
    const createdAt = new Date(1_700_000_000_000 + number).toISOString()
    const message = { id: `m${number}`, author: over.role, createdAt, ...over }
    this.#messages = [...this.#messages, message]
    this.#publish({ kind: 'message', message })
  }

  #became(writing: Writing): void {
    this.#writing = writing
    this.#written.add(JSON.stringify([writing.turn, writing.attempt, writing.text]))
  }

  #publish(event: StreamEvent): void {
    const frame: EventFrame = {
      type: 'event',
      conversation: this.#id,
      epoch: this.#epoch,
      seq: ++this.#seq,
      event,
    }
    this.#stream.push(frame)
    this.#onTheWire.push(frame)
    this.#sent.push(frame)
  }
}
