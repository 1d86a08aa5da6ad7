// Any model that speaks OpenAI's chat completions, streaming. One request: no retry and no time-out of its own.
import { APIConnectionError, APIError } from 'openai'
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
} from 'openai/resources/chat/completions'
import { ModelFailure, type ModelEvent, type ModelPort, type ModelRequest, type Usage } from './model.ts'
import { ModelClients } from './model-clients.ts'

/** After the finish reason only the usage is missing, and not every server sends it. In milliseconds. */
const usageWithinMs = 1_000

export class OpenAIModels implements ModelPort {
  readonly #clients = new ModelClients()

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const ending = new AbortController()
    const ends = AbortSignal.any([signal, ending.signal])
    const answer = new Answer(() => ending.abort())
    const { completions } = this.#clients.clientFor(request).chat
    try {
      for await (const chunk of await completions.create(toBody(request), { signal: ends }))
        yield* answer.read(chunk)
    } catch (thrown) {
      if (answer.finish === null) throw toFailure(thrown, answer.begun)
    } finally {
      answer.end()
    }
    if (signal.aborted) return
    if (answer.finish === null) throw new ModelFailure(answer.begun ? 'cut' : 'connection')
    yield answer.finish
  }

  /** Forgets the connections to models that the tenant no longer has. */
  keepOnly(tenant: string, models: readonly string[]): void {
    this.#clients.keepOnly(tenant, models)
  }

  close(): Promise<void> {
    return this.#clients.close()
  }
}

/** What was read of one answer so far. After the finish reason it waits a little for the usage, then ends the request. */
class Answer {
  readonly #endRequest: () => void
  #reason: string | undefined
  #usage: Usage | null = null
  #timer: NodeJS.Timeout | undefined
  begun = false

  constructor(endRequest: () => void) {
    this.#endRequest = endRequest
  }

  /** Null until the model has told why it ended. */
  get finish(): ModelEvent | null {
    return this.#reason === undefined ? null : { kind: 'finish', reason: this.#reason, usage: this.#usage }
  }

  /** @throws ModelFailure `malformed` */
  read(chunk: ChatCompletionChunk): readonly ModelEvent[] {
    this.begun = true
    if (!isObject(chunk) || !Array.isArray(chunk.choices)) throw new ModelFailure('malformed')
    const choice = chunk.choices[0]
    this.#usage = usageOf(chunk) ?? this.#usage
    if (isObject(choice) && typeof choice.finish_reason === 'string')
      this.#finishBecauseOf(choice.finish_reason)
    return eventsOf(choice?.delta ?? {})
  }

  #finishBecauseOf(reason: string): void {
    this.#reason ??= reason
    this.#timer ??= setTimeout(this.#endRequest, usageWithinMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

const toBody = ({ model, prompt }: ModelRequest): ChatCompletionCreateParamsStreaming => ({
  model: model.openAICompatible.model,
  messages: prompt.map(({ role, content }) => ({ role, content })),
  max_tokens: model.maxOutputTokens,
  stream: true,
  stream_options: { include_usage: true },
})

/** What compatible servers send beyond OpenAI's own types, and what they may get wrong. */
interface LooseDelta {
  readonly content?: unknown
  readonly reasoning?: unknown
  readonly reasoning_content?: unknown
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const eventsOf = ({ content, reasoning, reasoning_content: thought }: LooseDelta): readonly ModelEvent[] => {
  if (content !== undefined && content !== null && typeof content !== 'string')
    throw new ModelFailure('malformed')
  const events: ModelEvent[] = []
  const thinking = thought ?? reasoning
  if (typeof thinking === 'string' && thinking !== '')
    events.push({ kind: 'thought', characters: thinking.length })
  // PostgreSQL's text cannot hold NUL, and what people see must be what is stored.
  const text = content?.replaceAll('\0', '') ?? ''
  if (text !== '') events.push({ kind: 'text', text })
  return events
}

/** No model reads or writes as much. PostgreSQL keeps an integer of 32 bits, and adds up the two. */
const tokensBelow = 2 ** 30

const isCount = (tokens: unknown): boolean =>
  Number.isSafeInteger(tokens) && Number(tokens) >= 0 && Number(tokens) < tokensBelow

const usageOf = ({ usage }: ChatCompletionChunk): Usage | null => {
  if (!isObject(usage)) return null
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage
  return isCount(inputTokens) && isCount(outputTokens) ? { inputTokens, outputTokens } : null
}

const toFailure = (thrown: unknown, begun: boolean): ModelFailure => {
  if (thrown instanceof ModelFailure) return thrown
  if (thrown instanceof SyntaxError) return new ModelFailure('malformed')
  if (hasCode(thrown, 'UND_ERR_RES_EXCEEDED_MAX_SIZE')) return new ModelFailure('endless')
  if (thrown instanceof APIError && !(thrown instanceof APIConnectionError)) return fromStatus(thrown, begun)
  return new ModelFailure(begun ? 'cut' : 'connection')
}

const hasCode = (thrown: unknown, code: string, depth = 0): boolean =>
  isObject(thrown) &&
  depth < 4 &&
  ((thrown as { code?: unknown }).code === code ||
    hasCode((thrown as { cause?: unknown }).cause, code, depth + 1))

/** Statuses besides 5xx of which OpenAI's own clients try again. */
const transientStatuses: readonly number[] = [408, 409, 425]

/** An error without a status was sent inside the stream, after all was well. */
const fromStatus = ({ status, headers }: APIError, begun: boolean): ModelFailure => {
  if (status === undefined) return new ModelFailure(begun ? 'cut' : 'server_error')
  const retryAfterMs = readRetryAfter(headers)
  const details = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  if (status === 429) return new ModelFailure('rate_limited', details)
  if (status >= 500 || transientStatuses.includes(status)) return new ModelFailure('server_error', details)
  return new ModelFailure('refused', details)
}

/** RFC 9110: seconds or a date; `retry-after-ms` is OpenAI's own. */
const readRetryAfter = (headers: Headers | undefined): number | undefined => {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN)
  if (exact >= 0) return exact
  const given = headers?.get('retry-after') ?? ''
  if (given === '') return undefined
  const ms = Number.isNaN(Number(given)) ? Date.parse(given) - Date.now() : Number(given) * 1_000
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0)
}
