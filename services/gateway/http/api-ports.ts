// What the handlers of the API need, and who may ask them.
import type { Request } from 'express'
import type { TenantDirectory } from '../../shared/intake/tenant-directory.ts'
import type { LocalBuckets } from '../../shared/intake/local-buckets.ts'
import type { Rate } from '../../shared/redis/token-bucket.ts'
import type { Database } from '../../shared/store/database.ts'
import { assertActive, findTenant, type WebTenant } from '../find-tenant.ts'
import { limitUser, type UserLimit } from '../limit-user.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { bearerOfHeader } from '../socket/bearer.ts'
import type { Identity } from '../tokens/identity.ts'
import { verifyToken, type TokenPorts } from '../tokens/verify-token.ts'

export interface ApiPorts {
  readonly directory: TenantDirectory
  readonly database: Database
  readonly tokens: TokenPorts
  readonly publicOrigins: readonly string[]
  readonly trustedProxies: number
  /** Visitor tokens of one address. */
  readonly visitorRate: Rate
  readonly buckets: LocalBuckets
  /** What one user may read. */
  readonly reads: UserLimit
  readonly metrics: GatewayMetrics
}

export type TenantRequest = Request<{ readonly tenant: string }>

export interface Authorized {
  readonly known: WebTenant
  readonly identity: Identity
}

/** @throws KonstructError `TENANT_NOT_FOUND`, `TOKEN_INVALID`, `TENANT_SUSPENDED`, `RATE_LIMITED` */
export const authorize = async (ports: ApiPorts, request: TenantRequest): Promise<Authorized> => {
  const known = findTenant(ports.directory, request.params.tenant)
  const identity = await verifyToken(ports.tokens, known, bearerOfHeader(request.headers.authorization))
  assertActive(known)
  limitUser(ports.reads, { tenant: known.config.tenant, user: identity.user })
  return { known, identity }
}
