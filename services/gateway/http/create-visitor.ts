// POST visitors: makes whoever asks an anonymous visitor, where the tenant allows it. Limited per address, since each
// token is a new person to everything behind.
import type { Response } from 'express'
import { durationSeconds } from '../../shared/domain/duration.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import { clientAddress } from '../client-address.ts'
import { assertActive, findTenant } from '../find-tenant.ts'
import { issueVisitorToken } from '../tokens/visitor-token.ts'
import type { ApiPorts, TenantRequest } from './api-ports.ts'

export const createVisitor =
  (ports: ApiPorts) =>
  async (request: TenantRequest, response: Response): Promise<void> => {
    const { config, uid, web } = findTenant(ports.directory, request.params.tenant)
    assertActive({ config })
    const { anonymous } = web.auth
    if (anonymous === undefined) throw new KonstructError('VISITORS_FORBIDDEN')
    limitAddress(ports, clientAddress(request, ports.trustedProxies))
    const { tenant } = config
    const ttlMs = durationSeconds(anonymous.tokenTTL) * 1_000
    const visitor = await issueVisitorToken(ports.tokens.visitorKey, { tenant, uid }, ttlMs)
    ports.metrics.visitors.inc({ tenant })
    response.status(201).json(visitor)
  }

const limitAddress = ({ buckets, visitorRate }: ApiPorts, address: string): void => {
  const wait = buckets.take(address, visitorRate)
  if (wait > 0)
    throw new KonstructError('RATE_LIMITED', {
      message: 'Too many visitors from this address. Try again shortly.',
      retryAfterMs: wait,
    })
}
