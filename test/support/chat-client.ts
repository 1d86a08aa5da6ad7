// A chat client for tests: speaks konstruct.v1 over a real socket and keeps all that it was sent, so that a test can
// wait for a frame without losing the others.
import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import {
  protocolName,
  type ErrorFrame,
  type EventFrame,
  type ServerFrame,
  type StreamPosition,
} from '../../services/shared/domain/frames.ts'
import { waitUntil } from './wait-until.ts'

type FrameOf<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>

interface ClientOptions {
  readonly url: string
  readonly tenant: string
  readonly token?: string
  readonly origin?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

interface Closed {
  readonly code: number
  readonly reason: string
}

/** Why there was no socket: the HTTP status and the problem's code. */
export interface Refused {
  readonly status: number
  readonly code: string
}

export const bearerProtocol = (token: string): string =>
  `konstruct.bearer.${Buffer.from(token).toString('base64url')}`

const openSocket = ({ url, tenant, token, origin, protocols, headers }: ClientOptions): WebSocket =>
  new WebSocket(
    `${url.replace(/^http/, 'ws')}/v1/tenants/${tenant}/ws`,
    [...(protocols ?? [protocolName, ...(token === undefined ? [] : [bearerProtocol(token)])])],
    { headers: { ...headers }, ...(origin === undefined ? {} : { origin }) },
  )

export class ChatClient {
  readonly socket: WebSocket
  readonly frames: ServerFrame[] = []
  closed: Closed | null = null
  #taken = new Set<ServerFrame>()

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString('utf8')) as ServerFrame))
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    socket.on('error', () => {})
  }

  /** Resolves with the `welcome`. */
  static async connect(options: ClientOptions): Promise<ChatClient> {
    const client = new ChatClient(openSocket(options))
    await client.next('welcome')
    return client
  }

  /** For sockets that are opened only to be closed. */
  static async connectToBeClosed(
    options: ClientOptions,
  ): Promise<Closed & { readonly frames: readonly ServerFrame[] }> {
    const client = new ChatClient(openSocket(options))
    return { ...(await client.untilClosed()), frames: client.frames }
  }

  /** Resolves with the refusal; rejects when the socket opens. */
  static refused(options: ClientOptions): Promise<Refused> {
    const socket = openSocket(options)
    return new Promise((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8')
          const { code } = JSON.parse(body === '' ? '{}' : body) as { code?: string }
          resolve({ status: response.statusCode ?? 0, code: code ?? '' })
        })
      })
      socket.on('open', () => {
        socket.terminate()
        reject(new Error('The socket was opened.'))
      })
      socket.on('error', reject)
    })
  }

  raw(data: string | Buffer): void {
    this.socket.send(data)
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** Says something, and gives the ids that it was said with. */
  say(
    text: string,
    options: { conversation?: string; agent?: string; id?: string } = {},
  ): { readonly conversation: string; readonly id: string } {
    const { conversation = randomUUID(), agent = 'support', id = randomUUID() } = options
    this.send({ type: 'send', id, conversation, agent, text })
    return { conversation, id }
  }

  /** Says something and waits until it is accepted. */
  async sayAccepted(text: string, options: { conversation?: string; agent?: string } = {}) {
    const { id } = this.say(text, options)
    return this.next('accepted', (frame) => frame.id === id)
  }

  subscribe(conversation: string, after?: StreamPosition): void {
    this.send({ type: 'subscribe', conversation, ...(after === undefined ? {} : { after }) })
  }

  /** The first frame of a type that was not taken yet. @throws at once when the socket is closed without it */
  async next<Type extends ServerFrame['type']>(
    type: Type,
    matches: (frame: FrameOf<Type>) => boolean = () => true,
    deadlineMs = 8_000,
  ): Promise<FrameOf<Type>> {
    const isWanted = (frame: ServerFrame): frame is FrameOf<Type> =>
      frame.type === type && !this.#taken.has(frame) && matches(frame as FrameOf<Type>)
    const missed = (cause?: unknown): Error =>
      new Error(`No ${type} frame; came ${this.#summary()}; closed: ${this.closed?.code}`, { cause })
    const found = await waitUntil(
      { until: `a ${type} frame came; came: ${this.#summary()}`, deadlineMs, everyMs: 3 },
      () => this.frames.find(isWanted) ?? (this.closed === null ? undefined : 'closed'),
    ).catch((thrown: unknown) => {
      throw missed(thrown)
    })
    if (found === 'closed') throw missed()
    this.#taken.add(found)
    return found
  }

  async nextError(code: ErrorFrame['code']): Promise<ErrorFrame> {
    return this.next('error', (frame) => frame.code === code)
  }

  async nextEvent<Kind extends EventFrame['event']['kind']>(
    kind: Kind,
    matches: (event: Extract<EventFrame['event'], { kind: Kind }>) => boolean = () => true,
  ) {
    type Event = Extract<EventFrame['event'], { kind: Kind }>
    const frame = await this.next('event', ({ event }) => event.kind === kind && matches(event as Event))
    return { epoch: frame.epoch, seq: frame.seq, event: frame.event as Event }
  }

  /** Every event of a conversation so far, in the order in which it came. */
  eventsOf(conversation: string): readonly EventFrame[] {
    return this.frames.filter(
      (frame): frame is EventFrame => frame.type === 'event' && frame.conversation === conversation,
    )
  }

  untilClosed(deadlineMs = 8_000): Promise<Closed> {
    return waitUntil(
      { until: 'the socket was closed', deadlineMs, everyMs: 3 },
      () => this.closed ?? undefined,
    )
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.untilClosed()
  }

  #summary(): string {
    return this.frames
      .map((frame) => (frame.type === 'error' ? `error ${frame.code}` : frame.type))
      .join(', ')
  }
}
