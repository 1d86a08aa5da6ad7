// A visitor at a keyboard: keeps a socket open whatever happens to it, at the next gateway when one is gone, says again
// what was not accepted, and follows its conversations from where it has them. Everything it was sent is kept.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import {
  protocolName,
  type AcceptedFrame,
  type ErrorFrame,
  type SendFrame,
  type ServerFrame,
} from '../../services/shared/domain/frames.ts'
import type { Message } from '../../services/shared/domain/message.ts'
import { bearerProtocol } from '../support/chat-client.ts'
import { waitUntil } from '../support/wait-until.ts'
import { ConversationView } from './conversation-view.ts'

export interface Said {
  readonly frame: SendFrame
  /** By `performance.now()`. */
  readonly at: number
  accepted: AcceptedFrame | null
  readonly refusals: ErrorFrame[]
}

export interface PersonOptions {
  readonly tenant: string
  readonly token: string
  readonly user: string
  /** The gateways that there are now, in the order in which they are tried. */
  readonly gateways: () => readonly string[]
}

const pauseBetweenTriesMs = 50
const sayAgainMs = 200
const patienceMs = 60_000

export class Person {
  readonly tenant: string
  readonly token: string
  readonly user: string
  readonly said: Said[] = []
  readonly views = new Map<string, ConversationView>()
  /** Every frame as it came. */
  readonly received: string[] = []
  readonly reconnectFrames: number[] = []
  readonly closeCodes: number[] = []
  /** How long each send waited for `accepted` or an `error`, in milliseconds, where its socket lived that long. */
  readonly replyTimes: number[] = []
  /** Id of a send → when it was sent last, until that has an answer. */
  readonly #sentAt = new Map<string, number>()
  readonly #gateways: () => readonly string[]
  readonly #timers = new Set<NodeJS.Timeout>()
  #gateway = 0
  #socket: WebSocket | undefined
  /** The socket's welcome came: what was said before is said again then. */
  #isWelcome = false
  #living: Promise<void> | undefined
  #gone = false

  constructor({ tenant, token, user, gateways }: PersonOptions) {
    this.tenant = tenant
    this.token = token
    this.user = user
    this.#gateways = gateways
  }

  /** Begins at the gateway of that number; resolves when it is welcome there. */
  async come(gateway = 0): Promise<this> {
    this.#gateway = gateway
    this.#living = this.#live()
    await waitUntil({ until: 'the person is connected', deadlineMs: patienceMs }, () => this.isConnected)
    return this
  }

  get isConnected(): boolean {
    return this.#isWelcome && this.#socket?.readyState === WebSocket.OPEN
  }

  /** Where its socket is, or will be tried next. */
  get gateway(): string {
    const gateways = this.#gateways()
    return gateways[this.#gateway % gateways.length] ?? ''
  }

  view(conversation: string): ConversationView {
    const view = this.views.get(conversation) ?? new ConversationView()
    this.views.set(conversation, view)
    return view
  }

  say(text: string, conversation: string = randomUUID(), agent = 'support'): Said {
    const frame: SendFrame = { type: 'send', id: randomUUID(), conversation, agent, text }
    const said: Said = { frame, at: performance.now(), accepted: null, refusals: [] }
    this.said.push(said)
    this.#send(said)
    return said
  }

  /** Sends it, unless there is no socket: what has to arrive is sent again later. */
  transmit(frame: object): void {
    if (this.isConnected) this.#socket?.send(JSON.stringify(frame))
  }

  /** Loses its socket, as a phone does in a tunnel, and turns to the next gateway. */
  move(): void {
    this.#gateway += 1
    this.#socket?.terminate()
  }

  async accepted(said: Said): Promise<AcceptedFrame> {
    const { text } = said.frame
    return waitUntil(
      { until: `"${text}" is accepted`, deadlineMs: patienceMs, everyMs: 3 },
      () => said.accepted ?? false,
    )
  }

  /** The final message of the reply to what was said, as the person has it on the screen. */
  async answered(said: Said): Promise<Message> {
    const { turn, conversation } = await this.accepted(said)
    const view = this.view(conversation)
    await waitUntil(
      { until: `"${said.frame.text}" is answered`, deadlineMs: patienceMs, everyMs: 3 },
      () => view.ends.has(turn) && view.reply(turn) !== undefined,
    )
    return view.reply(turn) as Message
  }

  /** Waits until so many characters of the reply are on the screen, and gives them. */
  async reading(said: Said, characters = 1): Promise<string> {
    const { turn, conversation } = await this.accepted(said)
    const shown = (): string => this.view(conversation).live.get(turn)?.text ?? ''
    await waitUntil(
      { until: `${characters} characters are on the screen`, deadlineMs: patienceMs, everyMs: 3 },
      () => shown().length >= characters,
    )
    return shown()
  }

  async get(path: string, gateway = this.gateway): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}` }
    return fetch(`${gateway}/v1/tenants/${this.tenant}/${path}`, { headers })
  }

  /** All messages of a conversation, as GET tells them, oldest first. */
  async history(conversation: string): Promise<readonly Message[]> {
    let messages: readonly Message[] = []
    let before: string | null = ''
    while (before !== null) {
      const response = await this.get(`conversations/${conversation}/messages?limit=100&before=${before}`)
      if (!response.ok) throw new Error(`GET messages gave ${response.status}: ${await response.text()}`)
      const page = (await response.json()) as { messages: readonly Message[]; before: string | null }
      messages = [...page.messages, ...messages]
      before = page.before
    }
    return messages
  }

  async leave(): Promise<void> {
    this.#gone = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#socket?.terminate()
    await this.#living
  }

  async #live(): Promise<void> {
    while (!this.#gone) {
      const before = this.received.length
      const code = await this.#oneSocket()
      this.closeCodes.push(code)
      const refused = this.received.length === before
      // A gateway that is gone or going: the next one.
      if (refused || code === 1001 || code === 1012) this.#gateway += 1
      if (refused) await sleep(pauseBetweenTriesMs)
    }
  }

  #oneSocket(): Promise<number> {
    const url = `${this.gateway.replace(/^http/, 'ws')}/v1/tenants/${this.tenant}/ws`
    const socket = new WebSocket(url, [protocolName, bearerProtocol(this.token)])
    this.#socket = socket
    this.#isWelcome = false
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => this.#hear(data.toString('utf8')))
    return new Promise((resolve) => socket.on('close', resolve))
  }

  #hear(text: string): void {
    this.received.push(text)
    const frame = JSON.parse(text) as ServerFrame
    switch (frame.type) {
      case 'welcome':
        this.#isWelcome = true
        return this.#resume()
      case 'accepted':
        return this.#accept(frame)
      case 'subscribed':
        return this.view(frame.conversation).subscribed(frame)
      case 'event':
        return this.view(frame.conversation).event(frame)
      case 'error':
        return this.#refuse(frame)
      case 'reconnect':
        this.reconnectFrames.push(frame.afterMs)
    }
  }

  /** A new socket knows nothing: first where the conversations stand, then what was not accepted, in order. */
  #resume(): void {
    for (const [conversation, { position }] of this.views)
      if (position !== null) this.#subscribe(conversation)
    for (const said of this.said) if (said.accepted === null) this.#send(said)
  }

  #send({ frame }: Said): void {
    if (this.isConnected) this.#sentAt.set(frame.id, performance.now())
    this.transmit(frame)
  }

  #hearOf(id = ''): Said | undefined {
    const sentAt = this.#sentAt.get(id)
    if (sentAt !== undefined) this.replyTimes.push(performance.now() - sentAt)
    this.#sentAt.delete(id)
    return this.said.find(({ frame }) => frame.id === id)
  }

  #accept(frame: AcceptedFrame): void {
    const said = this.#hearOf(frame.id)
    if (said !== undefined) said.accepted ??= frame
  }

  /** Says it again, as often as it takes. */
  #refuse(frame: ErrorFrame): void {
    const said = this.#hearOf(frame.id)
    said?.refusals.push(frame)
    this.#later(frame.retryAfterMs ?? sayAgainMs, () => {
      if (said !== undefined) this.#send(said)
      else if (frame.conversation !== undefined) this.#subscribe(frame.conversation)
    })
  }

  #subscribe(conversation: string): void {
    const { position } = this.view(conversation)
    this.transmit({ type: 'subscribe', conversation, ...(position === null ? {} : { after: position }) })
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }
}
