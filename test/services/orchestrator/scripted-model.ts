// An OpenAI-compatible server whose every answer a test writes itself, down to the bytes. It notes what it was asked.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AskedModel {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly body: Readonly<Record<string, unknown>>
  readonly authorization: string | undefined
  readonly path: string
  /** Of the connection that it came on. */
  readonly port: number | undefined
  /** Aborted when the caller hung up. */
  readonly closed: AbortSignal
}

export type ModelScript = (answer: ModelAnswer, asked: AskedModel) => void | Promise<void>

/** Writes one answer. */
export class ModelAnswer {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  status(
    code: number,
    headers: Readonly<Record<string, string>> = {},
    body = '{"error":{"message":"no"}}',
  ): void {
    this.#response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body)
  }

  text(...tokens: readonly string[]): void {
    for (const content of tokens)
      this.chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
  }

  finish(
    reason = 'stop',
    usage: object | null = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  ): void {
    this.chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })
    if (usage !== null) this.chunk({ choices: [], usage })
    this.raw('data: [DONE]\n\n')
    this.end()
  }

  chunk(chunk: object): void {
    this.raw(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', ...chunk })}\n\n`)
  }

  raw(bytes: string): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.#response.write(bytes)
  }

  end(): void {
    this.#response.end()
  }

  cut(): void {
    this.#response.destroy()
  }
}

export interface ScriptedModel {
  readonly baseURL: string
  readonly asked: AskedModel[]
  /** What the next answers do; replace it at any time. */
  script: ModelScript
  close(): Promise<void>
}

export const sayHello: ModelScript = (answer) => {
  answer.text('Hel', 'lo')
  answer.finish()
}

const readBody = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part as string
  return JSON.parse(text) as Record<string, unknown>
}

export const startScriptedModel = async (): Promise<ScriptedModel> => {
  const model = { baseURL: '', asked: [] as AskedModel[], script: sayHello, close: () => Promise.resolve() }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request)
    const hungUp = new AbortController()
    response.on('close', () => hungUp.abort())
    const asked = {
      body,
      messages: body['messages'] as AskedModel['messages'],
      authorization: request.headers.authorization,
      path: request.url ?? '',
      port: request.socket.remotePort,
      closed: hungUp.signal,
    }
    model.asked.push(asked)
    await model.script(new ModelAnswer(response), asked)
  }
  const server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  model.baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  model.close = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return model
}
