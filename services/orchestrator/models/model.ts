// The port to a model: a request goes in, events come out. Whoever speaks to a model by another protocol than OpenAI's
// stands beside models/openai.ts and keeps the same promises:
//   - `finish` is given only when the model itself said that it is done; a stream that merely ends is a failure
//   - every failure is a ModelFailure, and carries no byte of the request, the answer or the key
//   - once the signal is aborted, the stream ends or throws promptly, and its connection is closed
import type { Model } from '../../shared/domain/resources/tenant.ts'
import type { Secret } from '../../shared/runtime/read-config.ts'

export interface PromptMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** What the model reads, oldest first. */
export type Prompt = readonly PromptMessage[]

export interface ModelRequest {
  readonly tenant: string
  readonly model: Model
  /** Null: the model is called without a key. */
  readonly apiKey: Secret | null
  readonly prompt: Prompt
}

/** Whole numbers from 0 to below 2^30. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
}

export type ModelEvent =
  | { readonly kind: 'text'; readonly text: string }
  /** The model thinks: nothing to show, but a sign of life. `characters` is how much it thought. */
  | { readonly kind: 'thought'; readonly characters: number }
  /** `reason` is the model's own word, such as `stop` or `length`. `usage` is null when it told none. */
  | { readonly kind: 'finish'; readonly reason: string; readonly usage: Usage | null }

export interface ModelPort {
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>
}

/** What can go wrong with a model; also the values of a metric's label. */
export type ModelFault =
  /** No connection, or it broke before the first event. */
  | 'connection'
  | 'rate_limited'
  /** Status 5xx, 408, 409 or 425. */
  | 'server_error'
  /** Any other status: the same request would be refused again. */
  | 'refused'
  /** A chunk that cannot be read. */
  | 'malformed'
  /** The stream broke or ended without a finish reason. */
  | 'cut'
  /** No token within firstTokenSeconds or idleSeconds. */
  | 'silence'
  /** totalSeconds are over. */
  | 'late'
  /** Far more than maxOutputTokens. */
  | 'endless'
  | 'empty'
  | 'filtered'

export class ModelFailure extends Error {
  readonly fault: ModelFault
  /** HTTP status, where there was one. */
  readonly status: number | undefined
  /** What the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(fault: ModelFault, details: { readonly status?: number; readonly retryAfterMs?: number } = {}) {
    super(`The model failed: ${fault}.`)
    this.name = 'ModelFailure'
    this.fault = fault
    this.status = details.status
    this.retryAfterMs = details.retryAfterMs
  }
}
