// A client and its kept-alive connections per tenant and model, so that no turn pays for a handshake and no two
// tenants ever share a connection. A changed address or key makes a new client; the old one ends its requests in peace.
import OpenAI, { type ClientOptions } from 'openai'
import { Agent } from 'undici'
import { lingeringFetch } from './lingering-fetch.ts'
import type { ModelRequest } from './model.ts'

interface Kept {
  readonly client: OpenAI
  readonly connections: Agent
  readonly fingerprint: string
}

/** An idle connection is kept this long, in milliseconds: longer than people think between two messages. */
const keepAliveMs = 60_000
const connectTimeoutMs = 10_000
/**
 * A body may have so many bytes for each token that may be written, and a floor. A chunk of one token is 200 to 500 bytes
 * of JSON; the bound is there for a server that floods us. No more than one event of it is held in memory (event-bound.ts).
 */
const bytesPerToken = 2_048
const leastBytes = 1_048_576

const fingerprintOf = ({ model, apiKey }: ModelRequest): string =>
  JSON.stringify([model.openAICompatible.baseURL, apiKey?.reveal() ?? null, model.maxOutputTokens])

const keyOf = (tenant: string, model: string): string => `${tenant}/${model}`

const openClient = (request: ModelRequest): Kept => {
  const { model, apiKey } = request
  const connections = new Agent({
    keepAliveTimeout: keepAliveMs,
    connect: { timeout: connectTimeoutMs },
    // The turn's own time-outs are the only ones.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: leastBytes + model.maxOutputTokens * bytesPerToken,
  })
  const client = new OpenAI({
    baseURL: model.openAICompatible.baseURL,
    // The package insists on a key; servers that need none ignore it.
    apiKey: apiKey?.reveal() ?? 'none',
    // Left out, these would be taken from this process' environment and sent to the tenant's server.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    // Its log would hold what people wrote; its retries are ours to make.
    logLevel: 'off',
    maxRetries: 0,
    timeout: model.timeouts.totalSeconds * 1_000,
    // A compressed answer could unfold without bound.
    defaultHeaders: { 'accept-encoding': 'identity' },
    fetch: lingeringFetch,
    // A redirect would carry the key elsewhere.
    fetchOptions: { dispatcher: connections, redirect: 'manual' } as ClientOptions['fetchOptions'],
  })
  return { client, connections, fingerprint: fingerprintOf(request) }
}

export class ModelClients {
  readonly #kept = new Map<string, Kept>()

  clientFor(request: ModelRequest): OpenAI {
    const key = keyOf(request.tenant, request.model.name)
    const known = this.#kept.get(key)
    if (known?.fingerprint === fingerprintOf(request)) return known.client
    this.#drop(key)
    const opened = openClient(request)
    this.#kept.set(key, opened)
    return opened.client
  }

  /** Forgets the models of a tenant that are not named here. */
  keepOnly(tenant: string, models: readonly string[]): void {
    const wanted = new Set(models.map((model) => keyOf(tenant, model)))
    for (const key of this.#kept.keys())
      if (key.startsWith(keyOf(tenant, '')) && !wanted.has(key)) this.#drop(key)
  }

  /** Ends every connection, also those in use. */
  async close(): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    await Promise.all(all.map(({ connections }) => connections.destroy()))
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    kept?.connections.close().catch(() => {})
  }
}
