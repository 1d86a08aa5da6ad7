// Tokens of a tenant's identity provider. The kind of key decides which algorithms are taken, never the token: a shared
// secret means HS256 and nothing else, published keys mean signatures of key pairs and nothing else.
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type CryptoKey,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose'
import type { JwtAuth } from '../../shared/domain/resources/tenant.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { Secret } from '../../shared/runtime/read-config.ts'
import { namedUser, rolesOf, type Identity } from './identity.ts'
import { fetchBounded } from './fetch-bounded.ts'

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>

/** Keys of identity providers by their URL; each set is read when first needed and again when a new key is named. */
export type RemoteKeySets = Map<string, RemoteKeys>

const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const ellipticCurves = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const keyPairAlgorithms = [...rsa, ...ellipticCurves]

/** Keys that a token is tried with which does not name its own: each costs time that other tenants want too. */
const mostKeysTried = 8

/** Clocks of two companies differ, in seconds. */
const clockTolerance = 30

/** How long keys are believed, and how often unknown ones may be asked for, in milliseconds. */
const cacheMaxAge = 600_000
const cooldownDuration = 30_000
const timeoutDuration = 5_000

const remoteKeys = (sets: RemoteKeySets, url: string): RemoteKeys => {
  const known = sets.get(url)
  if (known !== undefined) return known
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration,
    cooldownDuration,
    cacheMaxAge,
    [customFetch]: fetchBounded,
  })
  sets.set(url, keys)
  return keys
}

const verifyWithSet = async (
  keys: RemoteKeys,
  options: JWTVerifyOptions,
  token: string,
): Promise<JWTPayload> => {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (thrown) {
    if (thrown instanceof errors.JWKSMultipleMatchingKeys) return verifyWithEach(thrown, options, token)
    throw thrown
  }
}

/** A provider that changes its keys publishes the old ones for a while, and not every one names them. */
const verifyWithEach = async (
  keys: AsyncIterable<CryptoKey>,
  options: JWTVerifyOptions,
  token: string,
): Promise<JWTPayload> => {
  let left = mostKeysTried
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload
    } catch (thrown) {
      left -= 1
      if (left === 0 || !(thrown instanceof errors.JWSSignatureVerificationFailed)) throw thrown
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}

const verify = async (
  sets: RemoteKeySets,
  auth: JwtAuth,
  secret: Secret | null,
  token: string,
): Promise<JWTPayload> => {
  const expected: JWTVerifyOptions = {
    issuer: auth.issuer,
    audience: auth.audience,
    clockTolerance,
    requiredClaims: ['exp'],
  }
  if (auth.jwksURL !== undefined) {
    const options = { ...expected, algorithms: keyPairAlgorithms }
    return verifyWithSet(remoteKeys(sets, auth.jwksURL), options, token)
  }
  if (secret === null)
    throw new KonstructError('IDENTITY_UNAVAILABLE', { cause: new Error('The tenant has no shared secret.') })
  const key = new TextEncoder().encode(secret.reveal())
  return (await jwtVerify(token, key, { ...expected, algorithms: ['HS256'] })).payload
}

/** A claim's name may hold dots, as names that are URLs do: it is looked up as it is, and only as the token's own. */
const claimOf = (payload: JWTPayload, name: string): unknown =>
  Object.hasOwn(payload, name) ? payload[name] : undefined

/** `secret` is for tenants without a `jwksURL`. Rejects with jose's own errors, or `TOKEN_INVALID`. */
export const verifyTenantJwt = async (
  sets: RemoteKeySets,
  auth: JwtAuth,
  secret: Secret | null,
  token: string,
): Promise<Identity> => {
  const payload = await verify(sets, auth, secret, token)
  return {
    user: namedUser(claimOf(payload, auth.userClaim)),
    roles: rolesOf(claimOf(payload, auth.rolesClaim)),
    // As long as it is let in, it may stay.
    expiresAt: ((payload.exp ?? 0) + clockTolerance) * 1_000,
  }
}
