// What the API server says when it does not do what was asked, in the project's own words. Whether trying again helps
// is decided here once, by the HTTP status; nobody else reads one.
import { KonstructError, type ErrorCode } from '../../services/shared/runtime/errors.ts'

/** The parts of Kubernetes' `Status` that are of use. */
export interface Status {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly retryAfterSeconds?: number }
}

const isTransient = (code: number): boolean => code === 408 || code === 429 || code >= 500

const codeOf = (code: number): ErrorCode => {
  switch (code) {
    case 403: // a right may be given at any time, and nothing of ours tells then
      return 'KUBE_FORBIDDEN'
    case 404:
      return 'KUBE_NOT_FOUND'
    case 409:
      return 'KUBE_CONFLICT'
    case 410:
      return 'KUBE_EXPIRED'
    case 401: // a token expires before its successor is mounted: that passes
      return 'KUBE_UNAVAILABLE'
    default:
      return isTransient(code) ? 'KUBE_UNAVAILABLE' : 'KUBE_REFUSED'
  }
}

/** @param discreet leave out what the server says: it may quote what was sent to it */
export const kubeError = (status: Status, discreet = false): KonstructError => {
  const { code = 500, reason, message, details } = status
  const said = discreet || message === undefined ? '' : `: ${message}`
  const seconds = details?.retryAfterSeconds
  return new KonstructError(codeOf(code), {
    message: `The Kubernetes API answered ${[code, reason].filter(Boolean).join(' ')}${said}`,
    ...(seconds === undefined || seconds === 0 ? {} : { retryAfterMs: seconds * 1000 }),
  })
}

/** An error of the connection, or of credentials that cannot be had. */
export const kubeUnavailable = (cause: unknown): KonstructError =>
  cause instanceof KonstructError ? cause : new KonstructError('KUBE_UNAVAILABLE', { cause })
