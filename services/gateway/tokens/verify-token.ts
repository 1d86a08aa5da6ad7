// From a bearer token to the person who brings it, by the tenant's own rules: its visitors, or its identity provider.
// A tenant has one of the two, so the token never chooses how it is checked.
import { errors } from 'jose'
import { webJwtSecretName } from '../../shared/domain/tenant-config.ts'
import type { KnownTenant } from '../../shared/intake/tenant-directory.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { Secret } from '../../shared/runtime/read-config.ts'
import type { Identity } from './identity.ts'
import type { IdentityFaults } from './identity-faults.ts'
import { verifyTenantJwt, type RemoteKeySets } from './tenant-jwt.ts'
import { verifyVisitorToken } from './visitor-token.ts'

export interface TokenPorts {
  readonly visitorKey: Secret
  readonly remoteKeys: RemoteKeySets
  /** Where it is told that a tenant's identity provider is away. */
  readonly faults: IdentityFaults
}

/** More than any provider issues, in characters; it must fit into a header. */
const longestToken = 8_192

/** @throws KonstructError `TOKEN_INVALID`, or `IDENTITY_UNAVAILABLE` when it cannot be told. */
export const verifyToken = async (
  ports: TokenPorts,
  known: KnownTenant,
  token: string | null,
): Promise<Identity> => {
  if (token === null || token === '' || token.length > longestToken) throw new KonstructError('TOKEN_INVALID')
  try {
    return await verify(ports, known, token)
  } catch (thrown) {
    const error = translate(thrown)
    if (error.code === 'IDENTITY_UNAVAILABLE') ports.faults.note(known.config.tenant, error)
    throw error
  }
}

const verify = (ports: TokenPorts, known: KnownTenant, token: string): Promise<Identity> => {
  const { config, uid } = known
  const auth = config.web?.auth
  if (auth?.jwt !== undefined)
    return verifyTenantJwt(ports.remoteKeys, auth.jwt, known.secret(webJwtSecretName), token)
  if (auth?.anonymous !== undefined)
    return verifyVisitorToken(ports.visitorKey, { tenant: config.tenant, uid }, token)
  throw new KonstructError('TOKEN_INVALID')
}

/** What jose found wrong may hold parts of the token, so it is not passed on. */
const translate = (thrown: unknown): KonstructError => {
  if (thrown instanceof KonstructError) return thrown
  if (isNoKeySet(thrown)) return new KonstructError('IDENTITY_UNAVAILABLE', { cause: thrown })
  return new KonstructError('TOKEN_INVALID')
}

/** jose throws its base class for an answer that is no JSON. */
const isNoKeySet = (thrown: unknown): boolean =>
  thrown instanceof errors.JWKSInvalid ||
  (thrown instanceof errors.JOSEError && thrown.code === errors.JOSEError.code)
