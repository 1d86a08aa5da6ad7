// The life of the page's one socket. It hides reconnecting from everyone else: they hear `welcome` again and
// say what they still need; nothing is queued here (the outbox keeps sends, positions keep streams).
//
//   idle ──start──▶ connecting ──socket opens──▶ open
//                    ▲      │ closed, refused       │ closed, silent
//                    │      ▼                       ▼
//                    └── waiting (backoff) ◀────────┘
//   any ──4403, 4400, no token to be had──▶ ended;   any ──close()──▶ idle
//
// A browser hides why an upgrade was refused, so after a socket that never opened `explainRefusal` asks over
// HTTP; its answer is the close code that the refusal could not carry. Browsers hide pings too, and may wait for
// minutes for a path that is dead: an attempt and a frame that must be answered start a watch, which the next
// frame ends, and silence until its end counts as a lost socket.
import { protocolName } from '../shared/domain/frames.ts'
import type { ClientFrame, ServerFrame } from '../shared/domain/frames.ts'
import { afterClose } from './after-close.ts'
import type { Ending } from './after-close.ts'
import { backoffMs } from './backoff.ts'
import { ChatClosed, SignInNeeded, TenantMissing } from './refusals.ts'

export type ConnectionStatus =
  | { readonly name: 'idle' | 'connecting' | 'open' }
  /** `until` is in milliseconds since the epoch. */
  | { readonly name: 'waiting'; readonly until: number }
  | { readonly name: 'ended'; readonly why: Ending | 'sign-in' | 'missing' }

export interface Socket {
  send(text: string): void
  close(): void
}

export interface SocketEvents {
  readonly onOpen: () => void
  readonly onMessage: (data: unknown) => void
  readonly onClose: (code: number) => void
}

export interface ConnectionPorts {
  readonly openSocket: (protocols: string[], events: SocketEvents) => Socket
  /** The bearer token, another one than that which was refused. Rejects with SignInNeeded, ChatClosed or TenantMissing when none is to be had. */
  readonly token: (refused: string | null) => Promise<string>
  /** The close code that stands for the refusal of this token, or null when nobody can say. */
  readonly explainRefusal: (token: string) => Promise<number | null>
  readonly onFrame: (frame: ServerFrame) => void
  readonly onStatus: (status: ConnectionStatus) => void
  readonly random: () => number
  readonly now: () => number
}

/** A connection that held this long starts again at the shortest backoff. */
const stableMs = 10_000
/** Every `send` and `subscribe` is answered at once; this much silence means that nobody hears us. */
const answerDueMs = 10_000
/** From its beginning to its `welcome`, an attempt that takes longer has met a path on which nothing comes through. */
const attemptDueMs = 15_000
/** Somebody who asks for another attempt gets one, unless the one that goes on is younger than this. */
const stuckMs = 5_000
/** Without a word from the gateway, those it dropped at a restart spread over this time. */
const restartSpreadMs = 5_000

export class Connection {
  readonly #ports: ConnectionPorts
  #status: ConnectionStatus = { name: 'idle' }
  #socket: Socket | null = null
  #failures = 0
  #beganAt = 0
  #openedAt = 0
  #announcedMs: number | null = null
  /** The wait that goes on is one that the gateway asked for. */
  #asked = false
  #token: string | null = null
  #refusedToken: string | null = null
  /** Grows with every attempt and with close(), so that what an abandoned attempt awaited changes nothing. */
  #attempt = 0
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #watchTimer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: ConnectionPorts) {
    this.#ports = ports
  }

  get isOpen(): boolean {
    return this.#status.name === 'open'
  }

  /** Also after an ending, and sooner than planned: somebody asks for it. */
  start(): void {
    if (!this.isOpen && !this.#isUnderWay) this.#connect()
  }

  /** The network or the reader is back: no need to wait, unless the gateway has asked for it. */
  hurry(): void {
    const { name } = this.#status
    if (name === 'connecting' || (name === 'waiting' && !this.#asked)) this.start()
  }

  /** False when there is no open socket; the caller says it again after the next `welcome`. */
  send(frame: ClientFrame): boolean {
    if (this.#socket === null || !this.isOpen) return false
    this.#socket.send(JSON.stringify(frame))
    if (frame.type === 'send' || frame.type === 'subscribe') this.#watch(answerDueMs)
    return true
  }

  close(): void {
    this.#abandon()
    this.#setStatus({ name: 'idle' })
  }

  get #isUnderWay(): boolean {
    return this.#status.name === 'connecting' && this.#ports.now() - this.#beganAt < stuckMs
  }

  #connect(): void {
    this.#abandon()
    this.#beganAt = this.#ports.now()
    this.#watch(attemptDueMs)
    this.#setStatus({ name: 'connecting' })
    void this.#open(this.#attempt)
  }

  async #open(attempt: number): Promise<void> {
    const token = await this.#ports.token(this.#refusedToken).catch((error: unknown) => {
      if (attempt === this.#attempt) this.#withoutToken(error)
      return null
    })
    if (token === null || attempt !== this.#attempt) return
    this.#token = token
    const current = (act: () => void) => () => (attempt === this.#attempt ? act() : undefined)
    this.#socket = this.#ports.openSocket([protocolName, `konstruct.bearer.${base64url(token)}`], {
      onOpen: current(() => this.#opened()),
      onMessage: (data) => current(() => this.#received(data))(),
      onClose: (code) => current(() => this.#lost(code, token))(),
    })
  }

  #opened(): void {
    this.#openedAt = this.#ports.now()
    this.#setStatus({ name: 'open' })
  }

  #lost(code: number, token: string): void {
    if (this.isOpen) return this.#closed(code)
    this.#abandon()
    void this.#refused(token)
  }

  #withoutToken(error: unknown): void {
    this.#abandon()
    if (error instanceof SignInNeeded) this.#setStatus({ name: 'ended', why: 'sign-in' })
    else if (error instanceof ChatClosed) this.#setStatus({ name: 'ended', why: 'forbidden' })
    else if (error instanceof TenantMissing) this.#setStatus({ name: 'ended', why: 'missing' })
    else this.#retryIn(this.#backoff())
  }

  async #refused(token: string): Promise<void> {
    const attempt = this.#attempt
    this.#watch(attemptDueMs)
    const code = await this.#ports.explainRefusal(token).catch(() => null)
    if (attempt === this.#attempt) this.#closed(code ?? 1006)
  }

  #closed(code: number): void {
    this.#abandon()
    if (this.#openedAt > 0 && this.#ports.now() - this.#openedAt >= stableMs) this.#failures = 0
    this.#openedAt = 0
    this.#asked = false
    const after = afterClose(code)
    switch (after) {
      case 'forbidden':
      case 'protocol':
        return this.#setStatus({ name: 'ended', why: after })
      case 'renew-token':
        this.#refusedToken = this.#token
        return this.#retryIn(this.#failures++ === 0 ? 0 : this.#backoff())
      case 'return':
        this.#asked = true
        return this.#retryIn(this.#announcedDelay())
      case 'reconnect':
        return this.#retryIn(this.#backoff())
    }
  }

  #backoff(): number {
    return backoffMs(this.#failures++, this.#ports.random())
  }

  #announcedDelay(): number {
    const announced = this.#announcedMs
    this.#announcedMs = null
    if (announced === null) return this.#ports.random() * restartSpreadMs
    return announced + this.#ports.random() * 500
  }

  #received(data: unknown): void {
    clearTimeout(this.#watchTimer)
    this.#watchTimer = undefined
    const frame = readFrame(data)
    if (frame === null) return
    if (frame.type === 'reconnect') this.#announcedMs = frame.afterMs
    this.#ports.onFrame(frame)
  }

  /** Until the next frame. What is waited for already is not waited for longer. */
  #watch(ms: number): void {
    this.#watchTimer ??= setTimeout(() => this.#closed(1006), ms)
  }

  #retryIn(ms: number): void {
    this.#setStatus({ name: 'waiting', until: this.#ports.now() + ms })
    this.#retryTimer = setTimeout(() => this.#connect(), ms)
  }

  #abandon(): void {
    this.#attempt++
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#watchTimer)
    this.#watchTimer = undefined
    this.#socket?.close()
    this.#socket = null
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status
    this.#ports.onStatus(status)
  }
}

/** A frame that cannot be read is skipped: what it held is asked for again when its number is missed. */
const readFrame = (data: unknown): ServerFrame | null => {
  try {
    return JSON.parse(String(data)) as ServerFrame
  } catch {
    return null
  }
}

const base64url = (text: string): string => {
  const bytes = new TextEncoder().encode(text)
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
