// The admin port that every deployable has: liveness, readiness and metrics, away from what users can reach.
import { createServer, type Server } from 'node:http'
import type { Registry } from 'prom-client'
import { KonstructError } from './errors.ts'

/** A named condition: `true` when it holds. Must not throw and must answer at once. */
export type Check = readonly [name: string, holds: () => boolean]

interface AdminOptions {
  readonly port: number
  readonly host: string
  readonly registry: Registry
  /** The process works at all; failing makes Kubernetes restart it. */
  readonly live: readonly Check[]
  /** It can serve now; failing takes it out of its Service. */
  readonly ready: readonly Check[]
  /** Further pages by path, each an answer in JSON. They must hold no secret. */
  readonly pages?: Readonly<Record<string, () => unknown>>
}

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const plain = 'text/plain; charset=utf-8'

/** As the Kubernetes API server answers: a line per check, then the verdict. */
const judge = (checks: readonly Check[]): Answer => {
  const results = checks.map(([name, holds]) => [name, holds()] as const)
  const healthy = results.every(([, held]) => held)
  const lines = results.map(([name, held]) => `[${held ? '+' : '-'}]${name} ${held ? 'ok' : 'failed'}`)
  return {
    status: healthy ? 200 : 503,
    type: plain,
    body: [...lines, healthy ? 'ok' : 'failed', ''].join('\n'),
  }
}

const answer = async (options: AdminOptions, path: string): Promise<Answer> => {
  if (path === '/livez') return judge(options.live)
  if (path === '/readyz') return judge(options.ready)
  if (path === '/metrics')
    return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() }
  const page = options.pages?.[path]
  if (page !== undefined)
    return { status: 200, type: 'application/json', body: `${JSON.stringify(page(), null, 2)}\n` }
  const known = ['/livez', '/readyz', '/metrics', ...Object.keys(options.pages ?? {})]
  return { status: 404, type: plain, body: `Try ${known.join(', ')}.\n` }
}

const listen = (server: Server, { port, host }: AdminOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new KonstructError('CONFIG_INVALID', { message: `The admin port ${port} cannot be used.`, cause }),
      ),
    )
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })

export const startAdminServer = async (options: AdminOptions): Promise<AdminServer> => {
  const server = createServer((request, response) => {
    answer(options, request.url?.split('?')[0] ?? '/').then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    )
  })
  const port = await listen(server, options)
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
