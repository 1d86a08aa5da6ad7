// CORS: the widget runs on the customers' pages and asks from there. A page that the tenant does not list is refused, not
// only left without the headers, so that it cannot even make visitors. That a tenant is not there may be read by any page:
// it says nothing about anybody, and a widget with a mistyped name would else ask for ever.
import type { NextFunction, Response } from 'express'
import { asKonstructError, KonstructError } from '../../shared/runtime/errors.ts'
import { allowOrigin } from '../allow-origin.ts'
import { findTenant } from '../find-tenant.ts'
import type { ApiPorts, TenantRequest } from './api-ports.ts'

/** How long a browser need not ask again, in seconds. */
const preflightSeconds = '600'

/** Null: there is no such tenant, which whoever answers the request finds out too. */
const originsOf = ({ directory }: ApiPorts, tenant: string): readonly string[] | null => {
  try {
    return findTenant(directory, tenant).web.allowedOrigins
  } catch (thrown) {
    if (asKonstructError(thrown).code === 'TENANT_NOT_FOUND') return null
    throw thrown
  }
}

export const allowCrossOrigin =
  (ports: ApiPorts) =>
  (request: TenantRequest, response: Response, next: NextFunction): void => {
    const { origin, host } = request.headers
    response.vary('Origin')
    if (origin === undefined) return next()
    const allowedOrigins = originsOf(ports, request.params.tenant)
    if (allowedOrigins !== null && !allowOrigin({ origin, host }, ports.publicOrigins, allowedOrigins))
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
