// A small server that speaks OpenAI's chat completions, needs no key and no network, and is honest about being one. For
// the demo, and for tests: it can fail in every way that a model can (fault.ts) and remembers what it was asked.
//
// The model's name decides the pace: `instant` answers at once and shortly, `echo` answers with its instructions, any
// other is the demo model. `GET /requests` tells a test in another process what was asked, without any key.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ChatMessage, composeReply, splitIntoTokens } from './compose-reply.ts'
import { faultIn } from './fault.ts'
import { type Completion, streamCompletion } from './stream-completion.ts'

export interface DemoModelOptions {
  /** Any free one when left out. */
  readonly port?: number
  /** Address to listen on; 127.0.0.1 when left out. */
  readonly host?: string
  readonly tokensPerSecond?: number
}

/** A request that was answered, or refused. */
export interface ModelRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  /** As it came, with `Bearer `. */
  readonly authorization: string | undefined
}

export interface DemoModel {
  /** What a Tenant writes as `baseURL`. */
  readonly url: string
  /** The newest requests, oldest first. */
  readonly requests: readonly ModelRequest[]
  close(): Promise<void>
}

interface CompletionRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
}

/** A usual pace of a hosted model, in tokens per second. */
const usualPace = 40
const rememberedRequests = 10_000
const longestBody = 4 * 1024 * 1024

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length
    if (length > longestBody) throw new Error('The body is too long.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const sendJson = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const refuse = (response: ServerResponse, status: number, message: string): void =>
  sendJson(response, status, { error: { message, type: 'demo_model', code: null, param: null } })

const textFor = ({ model, messages }: CompletionRequest): string => {
  if (model === 'instant') return 'Here it is, at once.'
  if (model === 'echo') return messages.find(({ role }) => role === 'system')?.content ?? ''
  return composeReply(messages)
}

const countTokens = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, { content }) => sum + splitIntoTokens(content).length, 0)

const completionOf = (request: CompletionRequest, tokensPerSecond: number): Completion => ({
  id: `chatcmpl-${randomUUID()}`,
  model: request.model,
  tokens: splitIntoTokens(textFor(request)),
  promptTokens: countTokens(request.messages),
  includeUsage: request.stream_options?.include_usage === true,
  fault: faultIn(request.messages.at(-1)?.content ?? '') ?? faultIn(request.model),
  tokensPerSecond: request.model === 'instant' ? Number.POSITIVE_INFINITY : tokensPerSecond,
})

const sendWhole = (response: ServerResponse, completion: Completion): void =>
  sendJson(response, 200, {
    id: completion.id,
    object: 'chat.completion',
    created: 0,
    model: completion.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: completion.tokens.join('') },
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: completion.promptTokens,
      completion_tokens: completion.tokens.length,
      total_tokens: completion.promptTokens + completion.tokens.length,
    },
  })

class Server {
  readonly requests: ModelRequest[] = []
  readonly #tokensPerSecond: number
  readonly #refusedOnce = new Set<string>()

  constructor(tokensPerSecond: number) {
    this.#tokensPerSecond = tokensPerSecond
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0]
    if (path === '/v1/models')
      return sendJson(response, 200, {
        object: 'list',
        data: ['demo', 'instant', 'echo'].map((id) => ({ id, object: 'model', owned_by: 'konstruct' })),
      })
    if (path === '/requests')
      return sendJson(
        response,
        200,
        this.requests.map(({ model, messages }) => ({ model, messages })),
      )
    if (path !== '/v1/chat/completions' || request.method !== 'POST')
      return refuse(response, 404, 'Try POST /v1/chat/completions or GET /v1/models.')
    const body = JSON.parse(await readBody(request)) as CompletionRequest
    this.#remember({
      model: body.model,
      messages: body.messages,
      authorization: request.headers.authorization,
    })
    const completion = completionOf(body, this.#tokensPerSecond)
    if (this.#refuses(response, completion, body.messages.at(-1)?.content ?? '')) return undefined
    if (body.stream === true) return streamCompletion(response, completion)
    return sendWhole(response, completion)
  }

  #remember(request: ModelRequest): void {
    this.requests.push(request)
    if (this.requests.length > rememberedRequests) this.requests.shift()
  }

  #refuses(response: ServerResponse, { fault }: Completion, said: string): boolean {
    if (fault === 'error') refuse(response, 500, 'This was asked to fail.')
    else if (fault === 'busy' || (fault === 'busy-once' && !this.#refusedOnce.has(said))) {
      this.#refusedOnce.add(said)
      response.setHeader('retry-after', '1')
      refuse(response, 429, 'This was asked to be busy.')
    } else return false
    return true
  }
}

/** Longer than who measures it pauses, in milliseconds: a connection that ends while it is being used again is no answer. */
const keepAliveMs = 60_000

export const startDemoModel = async (options: DemoModelOptions = {}): Promise<DemoModel> => {
  const { port = 0, host = '127.0.0.1' } = options
  const model = new Server(options.tokensPerSecond ?? usualPace)
  const server = createServer((request, response) => {
    model.answer(request, response).catch((thrown: unknown) => {
      if (!response.headersSent) refuse(response, 400, (thrown as Error).message)
      else response.destroy()
    })
  })
  server.keepAliveTimeout = keepAliveMs
  server.listen(port, host)
  await once(server, 'listening')
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/v1`,
    requests: model.requests,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
