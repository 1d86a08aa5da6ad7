// CORS: the widget runs on the customers' pages and asks from there. A page that the tenant does not list is refused, not
// only left without the headers, so that it cannot even make visitors.
import type { NextFunction, Response } from 'express'
import { KonstructError } from '../../shared/runtime/errors.ts'
import { allowOrigin } from '../allow-origin.ts'
import { findTenant } from '../find-tenant.ts'
import type { ApiPorts, TenantRequest } from './api-ports.ts'

/** How long a browser need not ask again, in seconds. */
const preflightSeconds = '600'

export const allowCrossOrigin =
  (ports: ApiPorts) =>
  (request: TenantRequest, response: Response, next: NextFunction): void => {
    const { origin, host } = request.headers
    response.vary('Origin')
    if (origin === undefined) return next()
    const { web } = findTenant(ports.directory, request.params.tenant)
    if (!allowOrigin({ origin, host }, ports.publicOrigins, web.allowedOrigins))
      throw new KonstructError('ORIGIN_FORBIDDEN')
    response.set('Access-Control-Allow-Origin', origin)
    response.set('Access-Control-Expose-Headers', 'Retry-After')
    if (request.method !== 'OPTIONS') return next()
    response.set({
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      'Access-Control-Max-Age': preflightSeconds,
    })
    response.status(204).end()
  }
