// The gateway's side of the protocol, played inside the browser's context, so that a page test can lose, repeat,
// refuse and delay what it wants to. The real gateway is held to the protocol elsewhere; here the page is.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Request, Route, WebSocketRoute } from 'playwright-core'
import type {
  AgentCard,
  ClientFrame,
  SendFrame,
  ServerFrame,
  SubscribeFrame,
} from '../../../services/shared/domain/frames.ts'
import type { ErrorCode } from '../../../services/shared/domain/frame-errors.ts'
import { Talk } from './talk.ts'

export const home = 'https://chat.test'

/** As the gateway serves it, and stricter: nothing but the two libraries may make trusted markup. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; require-trusted-types-for 'script'; trusted-types lit-html dompurify"

const files: Readonly<Record<string, string>> = {
  '/assets/page.js': 'text/javascript',
  '/assets/page.css': 'text/css',
  '/widget.js': 'text/javascript',
  '/favicon.svg': 'image/svg+xml',
}

export class ScriptedGateway {
  agents: readonly AgentCard[] = [
    { name: 'support', displayName: 'Ava', greeting: 'Hello, I am Ava. How can I help?' },
    { name: 'payroll', displayName: 'Paul Weber', greeting: 'I know about pay and holidays.' },
  ]
  /** False: the tenant's people come with a token of their own. */
  takesVisitors = true
  /** Refuses the next send. */
  refuseNext: ErrorCode | null = null
  /** What a refusal says about when to try again, in milliseconds. */
  retryAfterMs = 0
  /** Loses the next send on its way, with its socket. */
  loseNext = false
  /** Asked for by a page, and not of this gateway. */
  readonly foreign: string[] = []
  readonly talks = new Map<string, Talk>()
  readonly frames: ClientFrame[] = []
  readonly #sockets = new Map<WebSocketRoute, string>()
  readonly #pages = new Map<string, string>()
  readonly #folder: string
  /** Visitors' tokens that were given. */
  visitors = 0

  /** `folder` holds the built page. */
  constructor(folder: string) {
    this.#folder = folder
  }

  async serve(context: BrowserContext): Promise<void> {
    await context.route('**/*', (route) => this.#answer(route))
    await context.routeWebSocket(/.*/, (socket) => this.#accept(socket))
  }

  /** A page of somebody else's, by its whole address. */
  addPage(url: string, html: string): void {
    this.#pages.set(url, html)
  }

  /** Ends all sockets. */
  drop(code: number): void {
    for (const socket of this.#sockets.keys()) void socket.close({ code })
    this.#sockets.clear()
  }

  tellAll(frame: ServerFrame): void {
    for (const socket of this.#sockets.keys()) tell(socket, frame)
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request()
    const url = new URL(request.url())
    const html = this.#pages.get(request.url())
    if (html !== undefined) return route.fulfill({ contentType: 'text/html', body: html })
    if (url.origin !== home) {
      this.foreign.push(request.url())
      return route.abort()
    }
    const type = files[url.pathname]
    if (type !== undefined) return route.fulfill({ contentType: type, body: await this.#file(url.pathname) })
    if (!url.pathname.startsWith('/chat/')) return this.#answerApi(route, url)
    const headers = { 'content-security-policy': policy }
    return route.fulfill({ contentType: 'text/html', headers, body: await this.#file('page.html') })
  }

  #file(path: string): Promise<string> {
    return readFile(join(this.#folder, path), 'utf8')
  }

  #answerApi(route: Route, url: URL): Promise<void> {
    const [, , , , kind = '', conversation = ''] = url.pathname.split('/')
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
    const json = (status: number, body: unknown): Promise<void> =>
      route.fulfill({ status, headers, json: body })
    if (route.request().method() === 'OPTIONS') return json(200, {})
    if (kind === 'visitors')
      return this.takesVisitors ? json(201, this.#visitor()) : json(403, { code: 'VISITORS_FORBIDDEN' })
    const user = userOf(route.request())
    if (kind === 'agents') return json(200, { agents: this.agents })
    if (conversation === '') return json(200, { conversations: this.#listOf(user), cursor: null })
    return json(200, this.talks.get(conversation)?.page(url.searchParams.get('before')) ?? {})
  }

  #visitor() {
    const user = `visitor-${++this.visitors}`
    return { token: user, user, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }
  }

  #listOf(user: string) {
    return [...this.talks.values()]
      .filter((talk) => talk.user === user)
      .map((talk) => talk.summary())
      .toReversed()
  }

  #accept(socket: WebSocketRoute): void {
    const encoded =
      socket
        .protocols()
        .find((name) => name.startsWith('konstruct.bearer.'))
        ?.slice(17) ?? ''
    const user = Buffer.from(encoded, 'base64url').toString()
    this.#sockets.set(socket, user)
    socket.onMessage((text) => this.#hear(socket, JSON.parse(String(text)) as ClientFrame))
    socket.onClose(() => this.#sockets.delete(socket))
    tell(socket, { type: 'welcome', protocol: 'konstruct.v1', tenant: 'acme', user, agents: this.agents })
  }

  #hear(socket: WebSocketRoute, frame: ClientFrame): void {
    this.frames.push(frame)
    if (frame.type === 'send') this.#take(socket, frame)
    if (frame.type === 'subscribe') this.#join(socket, frame)
  }

  #join(socket: WebSocketRoute, { conversation, after }: SubscribeFrame): void {
    const talk = this.talks.get(conversation)
    if (talk === undefined)
      tell(socket, { type: 'error', code: 'CONVERSATION_NOT_FOUND', message: '', conversation })
    else talk.join(socket, (event) => tell(socket, event), after ?? null)
  }

  #take(socket: WebSocketRoute, frame: SendFrame): void {
    const { refuseNext: code, loseNext } = this
    this.refuseNext = null
    this.loseNext = false
    if (loseNext) return this.drop(1006)
    if (code !== null)
      return tell(socket, { type: 'error', code, message: '', id: frame.id, retryAfterMs: this.retryAfterMs })
    const talk = this.talks.get(frame.conversation) ?? new Talk(frame, this.#sockets.get(socket) ?? '')
    this.talks.set(frame.conversation, talk)
    if (!talk.isFollowedBy(socket)) talk.follow(socket, (event) => tell(socket, event))
    tell(socket, talk.take(frame))
  }
}

/** A socket that is gone hears nothing. */
const tell = (socket: WebSocketRoute, frame: ServerFrame): void => {
  try {
    socket.send(JSON.stringify(frame))
  } catch {
    // The page was closed meanwhile.
  }
}

const userOf = (request: Request): string => (request.headers()['authorization'] ?? '').replace('Bearer ', '')
