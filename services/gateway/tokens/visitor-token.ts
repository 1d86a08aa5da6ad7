// The gateway's own tokens, for people whom nobody knows: HS256 with a key of the tenant's own, so that a token means
// nothing at another tenant, nor at a tenant that was created again under the same name.
import { hkdfSync, randomUUID } from 'node:crypto'
import { SignJWT, jwtVerify } from 'jose'
import type { Secret } from '../../shared/runtime/read-config.ts'
import type { Identity } from './identity.ts'

export interface VisitorScope {
  readonly tenant: string
  /** Of the Tenant resource. */
  readonly uid: string
}

export interface VisitorToken {
  readonly token: string
  readonly user: string
  /** RFC 3339, UTC. */
  readonly expiresAt: string
}

const issuer = 'konstruct'
const userForm = /^visitor-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const keyOf = (visitorKey: Secret, { tenant, uid }: VisitorScope): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', visitorKey.reveal(), '', `konstruct/visitor/${tenant}/${uid}`, 32))

/** A token of a new visitor. `ttlMs` in milliseconds. */
export const issueVisitorToken = async (
  visitorKey: Secret,
  scope: VisitorScope,
  ttlMs: number,
): Promise<VisitorToken> => {
  const user = `visitor-${randomUUID()}`
  const issuedAt = Math.floor(Date.now() / 1_000)
  const expiresAt = issuedAt + Math.floor(ttlMs / 1_000)
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(scope.tenant)
    .setSubject(user)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(keyOf(visitorKey, scope))
  return { token, user, expiresAt: new Date(expiresAt * 1_000).toISOString() }
}

/** Rejects with jose's own errors. */
export const verifyVisitorToken = async (
  visitorKey: Secret,
  scope: VisitorScope,
  token: string,
): Promise<Identity> => {
  const { payload } = await jwtVerify(token, keyOf(visitorKey, scope), {
    algorithms: ['HS256'],
    issuer,
    audience: scope.tenant,
    requiredClaims: ['exp', 'sub'],
  })
  const { sub = '', exp = 0 } = payload
  if (!userForm.test(sub)) throw new TypeError('The subject is no visitor.')
  return { user: sub, roles: [], expiresAt: exp * 1_000 }
}
