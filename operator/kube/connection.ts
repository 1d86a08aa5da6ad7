// The way to the API server: who we are, whom we trust, and one pool of connections that are kept open.
//
// client-node reads kubeconfigs and service accounts, runs credential plugins and knows TLS; the requests we make
// ourselves, because it would open a new TLS connection for each one and end a quiet watch after 30 s.
// Credentials are read again each minute, as client-go does, and at once when the server does not accept them; the
// pool lives until what it was made of (CA, certificate, key, server) changes.
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici'
import { pause, systemClock, type Clock } from '../loop/clock.ts'
import { kubeUnavailable } from './kube-error.ts'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal | undefined
  /** How long the server may say nothing, before its answer and in the midst of it. */
  readonly silenceMs: number
}

export type KubeResponse = Dispatcher.ResponseData

interface Credentials {
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: Dispatcher
  readonly readAt: number
}

const rereadMs = 60_000
/** Shorter than the 90 s after which the API server drops an idle connection, and than most load balancers'. */
const idleMs = 30_000
const connectMs = 10_000
const resendMs = 50

/** Codes of a connection that went away under a request, mostly one that was kept open for too long. */
const brokenCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

const isBroken = (thrown: unknown): boolean =>
  brokenCodes.has((thrown as NodeJS.ErrnoException | undefined)?.code ?? '')

type TlsOptions = Pick<
  RequestOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized' | 'headers'
>

const openPool = (tls: TlsOptions, proxy: string | undefined): Dispatcher => {
  const connect = {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
    ...(tls.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: tls.rejectUnauthorized }),
  }
  const options = { allowH2: false, keepAliveTimeout: idleMs }
  return proxy === undefined
    ? new Agent({
        ...options,
        connect: { ...connect, timeout: connectMs } as Agent.Options['connect'] & object,
      })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: connect as object })
}

export class KubeConnection {
  readonly #load: () => KubeConfig
  readonly #clock: Clock
  #config: KubeConfig
  #credentials: Credentials | undefined
  #pool: { readonly madeOf: string; readonly dispatcher: Dispatcher } | undefined

  constructor(load: () => KubeConfig, clock: Clock) {
    this.#load = load
    this.#clock = clock
    this.#config = load()
  }

  /** The namespace of the service account, or of the kubeconfig's context; `default` without one. */
  get namespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? 'default'
  }

  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? ''
  }

  /**
   * One request. A connection that broke is tried once more: all our writes may be repeated, because they are
   * applies, or carry the version they build on. So is a request whose credentials were not accepted, with new ones.
   * The caller must read or destroy the body of the answer.
   * @throws KonstructError `KUBE_UNAVAILABLE`; the signal's reason when it aborted
   */
  async send(wanted: KubeRequest): Promise<KubeResponse> {
    try {
      const response = await this.#attempt(wanted)
      if (response.statusCode !== 401) return response
      await response.body.dump()
      this.#forgetCredentials()
      return await this.#attempt(wanted)
    } catch (thrown) {
      wanted.signal?.throwIfAborted()
      throw kubeUnavailable(thrown)
    }
  }

  async close(): Promise<void> {
    await this.#pool?.dispatcher.destroy()
    this.#pool = undefined
    this.#credentials = undefined
  }

  async #attempt(wanted: KubeRequest): Promise<KubeResponse> {
    try {
      return await this.#once(wanted)
    } catch (thrown) {
      if (!isBroken(thrown)) throw thrown
      await pause(this.#clock, resendMs, wanted.signal ?? new AbortController().signal)
      return this.#once(wanted)
    }
  }

  async #once({ method, path, headers, body, signal, silenceMs }: KubeRequest): Promise<KubeResponse> {
    const credentials = await this.#currentCredentials()
    return request(`${credentials.server}${path}`, {
      method,
      headers: { ...headers, ...credentials.headers, 'user-agent': 'konstruct-operator' },
      dispatcher: credentials.dispatcher,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
  }

  async #currentCredentials(): Promise<Credentials> {
    const now = this.#clock.now()
    if (this.#credentials !== undefined && now - this.#credentials.readAt < rereadMs) return this.#credentials
    const options: RequestOptions = {}
    await this.#config.applyToHTTPSOptions(options)
    this.#credentials = {
      server: this.server.replace(/\/$/, ''),
      headers: options.headers as Record<string, string>,
      dispatcher: this.#poolFor(options),
      readAt: now,
    }
    return this.#credentials
  }

  #poolFor(options: TlsOptions): Dispatcher {
    const proxy = this.#config.getCurrentCluster()?.proxyUrl
    const { ca, cert, key, servername, rejectUnauthorized } = options
    const madeOf = JSON.stringify([this.server, proxy, ca, cert, key, servername, rejectUnauthorized])
    if (this.#pool?.madeOf !== madeOf) {
      void this.#pool?.dispatcher.close() // lets what is under way finish
      this.#pool = { madeOf, dispatcher: openPool(options, proxy) }
    }
    return this.#pool.dispatcher
  }

  #forgetCredentials(): void {
    this.#config = this.#load()
    this.#credentials = undefined
  }
}

/**
 * @param kubeconfig path of a kubeconfig, whose current context counts; left out: the pod's service account
 * @param clock left out: the system's
 */
export const connectKube = (kubeconfig?: string, clock: Clock = systemClock): KubeConnection =>
  new KubeConnection(() => {
    const config = new KubeConfig()
    if (kubeconfig === undefined) config.loadFromCluster()
    else config.loadFromFile(kubeconfig)
    return config
  }, clock)
