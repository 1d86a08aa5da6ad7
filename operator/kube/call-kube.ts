// One call to the API server: what is sent, what is counted, and how a refusal becomes an error.
import type { KubeConnection, KubeRequest, KubeResponse } from './connection.ts'
import { kubeError, kubeUnavailable, type Status } from './kube-error.ts'
import type { KubeMetrics } from './kube-metrics.ts'

export interface CallPorts {
  readonly connection: KubeConnection
  readonly metrics: Pick<KubeMetrics, 'requested'>
}

export interface Call {
  readonly method: KubeRequest['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly accept?: string
  readonly type?: 'apply-patch+yaml' | 'merge-patch+json' | 'json'
  readonly body?: object
  readonly signal?: AbortSignal | undefined
  /** How long the server may say nothing; left out: 30 s. */
  readonly silenceMs?: number
}

const patienceMs = 30_000

/** Makes the call and reads the answer. */
export const askKube = async <Answer>(ports: CallPorts, call: Call): Promise<Answer> => {
  const { body } = await openCall(ports, call)
  try {
    return (await body.json()) as Answer
  } catch (thrown) {
    call.signal?.throwIfAborted()
    throw kubeUnavailable(thrown)
  }
}

/** Makes the call; what comes back was accepted, and its body is still to be read. */
export const openCall = async ({ connection, metrics }: CallPorts, call: Call): Promise<KubeResponse> => {
  let response: KubeResponse
  try {
    response = await connection.send(requestOf(call))
  } catch (thrown) {
    metrics.requested(call.method, '<error>')
    throw thrown
  }
  metrics.requested(call.method, response.statusCode)
  if (response.statusCode < 300) return response
  throw kubeError(await readStatus(response), call.path.includes('/secrets'))
}

const requestOf = ({ method, path, query, accept, type, body, signal, silenceMs }: Call): KubeRequest => ({
  method,
  path: query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`,
  headers: {
    accept: accept ?? 'application/json',
    ...(type === undefined ? {} : { 'content-type': `application/${type}` }),
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  signal,
  silenceMs: silenceMs ?? patienceMs,
})

/** The server's Status, or what can be known without one: a proxy on the way answers with a page of its own. */
const readStatus = async ({ statusCode, headers, body }: KubeResponse): Promise<Status> => {
  const said = (await body.json().catch(() => ({}))) as Status
  const seconds = Number(headers['retry-after'])
  const details = seconds > 0 ? { retryAfterSeconds: seconds } : (said.details ?? {})
  return { ...said, code: statusCode, details }
}
