// Who a token says its bearer is. A user's name begins with the kind of token that it came from, so that no identity
// provider can issue a name that a visitor has.
import { KonstructError } from '../../shared/runtime/errors.ts'

export interface Identity {
  /** `visitor-<uuid>`, or `user-<name at the identity provider>`. */
  readonly user: string
  readonly roles: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Of what a provider says, in characters: names and roles are stored, logged by nobody, and compared. */
const longestName = 200
const mostRoles = 200

/** Control characters, and half of a surrogate pair, could not be stored or shown. */
const unprintable = /[\p{Cc}\p{Cs}]/u

const isName = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim !== '' && claim.length <= longestName && !unprintable.test(claim)

/** @throws KonstructError `TOKEN_INVALID` when the claim names nobody. */
export const namedUser = (claim: unknown): string => {
  // Some providers number their users.
  const name = Number.isSafeInteger(claim) ? String(claim) : claim
  if (!isName(name))
    throw new KonstructError('TOKEN_INVALID', { message: 'The token does not say who its user is.' })
  return `user-${name}`
}

/** A claim that is no list of names gives no role: fewer rights, never more. */
export const rolesOf = (claim: unknown): readonly string[] =>
  Array.isArray(claim) ? claim.filter(isName).slice(0, mostRoles) : []
