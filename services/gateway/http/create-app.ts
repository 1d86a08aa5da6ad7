// The HTTP side: which address is answered by what. Nothing here reads a request's body, and every value that a
// stranger can choose is bounded before it is used.
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import type { Log } from '../../shared/runtime/log.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { logOwnFault } from '../public-error.ts'
import { allowCrossOrigin } from './allow-cross-origin.ts'
import type { ApiPorts } from './api-ports.ts'
import { createVisitor } from './create-visitor.ts'
import { listAgents } from './list-agents.ts'
import { listUserConversations, listUserMessages } from './list-history.ts'
import { problemOf, problemType } from './problem.ts'
import { servePage, serveStatic } from './serve-webchat.ts'

export interface AppPorts extends ApiPorts {
  readonly webchatFolder: string
  /** False before the gateway knows its tenants, and when it ends. */
  readonly isOpen: () => boolean
  /** True when it ends, and still answers. */
  readonly isEnding: () => boolean
  readonly metrics: GatewayMetrics
  readonly log: Log
}

export const createApp = (ports: AppPorts): Express => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(measure(ports.metrics), protect, refuseBodies, sendElsewhere(ports))
  app.use(serveStatic(ports.webchatFolder))
  app.use(untilReady(ports))
  app.get('/chat/:tenant', servePage(ports))
  app.use('/v1/tenants/:tenant', allowCrossOrigin(ports))
  app.post('/v1/tenants/:tenant/visitors', createVisitor(ports))
  app.get('/v1/tenants/:tenant/agents', listAgents(ports))
  app.get('/v1/tenants/:tenant/conversations', listUserConversations(ports))
  app.get('/v1/tenants/:tenant/conversations/:conversation/messages', listUserMessages(ports))
  app.use(() => {
    throw new KonstructError('NOT_FOUND')
  })
  app.use(answerError(ports.log))
  return app
}

const measure = (metrics: GatewayMetrics) => (request: Request, response: Response, next: NextFunction) => {
  const stop = metrics.httpSeconds.startTimer()
  response.on('finish', () => {
    const route = request.route as { readonly path?: string } | undefined
    stop({ route: route?.path ?? 'other', status: response.statusCode })
  })
  next()
}

const protect = (_request: Request, response: Response, next: NextFunction) => {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  })
  next()
}

/** No request here needs a body; a large one is not even read to its end. In bytes. */
const largestBody = 4_096

const refuseBodies = (request: Request, response: Response, next: NextFunction) => {
  const length = Number(request.headers['content-length'] ?? 0)
  if (length <= largestBody && request.headers['transfer-encoding'] === undefined) return next()
  response.set('Connection', 'close')
  throw new KonstructError('REQUEST_INVALID', { message: 'This request takes no body.' })
}

/** Proxies and browsers keep connections, and would come back to a gateway that is about to go. */
const sendElsewhere = (ports: AppPorts) => (_request: Request, response: Response, next: NextFunction) => {
  if (ports.isEnding()) response.set('Connection', 'close')
  next()
}

const untilReady = (ports: AppPorts) => (_request: Request, _response: Response, next: NextFunction) => {
  if (!ports.isOpen() && !ports.isEnding())
    throw new KonstructError('OVERLOADED', { message: 'This gateway is starting.' })
  next()
}

/** Express' own refusals, such as an address that cannot be decoded, carry a status. */
const asOurs = (thrown: unknown): unknown => {
  const { status } = thrown as { readonly status?: unknown }
  const isTheirs = !(thrown instanceof KonstructError) && typeof status === 'number' && status < 500
  return isTheirs ? new KonstructError(status === 404 ? 'NOT_FOUND' : 'REQUEST_INVALID') : thrown
}

const answerError =
  (log: Log) => (thrown: unknown, _request: Request, response: Response, next: NextFunction) => {
    const error = asOurs(thrown)
    logOwnFault(log, error, {})
    if (response.headersSent) return next(error)
    const { problem, headers } = problemOf(error)
    response.status(problem.status).set(headers).type(problemType).send(JSON.stringify(problem))
  }
