// How an error is told to a client, over HTTP or in a frame. What is the caller's own matter is told as it is; what is
// ours becomes `INTERNAL`, since the names of our parts are nobody else's business.
import { errorCodes, type ErrorCode as FrameCode } from '../shared/domain/frame-errors.ts'
import type { ErrorFrame } from '../shared/domain/frames.ts'
import { asKonstructError, KonstructError, type ErrorCode } from '../shared/runtime/errors.ts'
import type { Facts, Log } from '../shared/runtime/log.ts'

export interface PublicError {
  readonly code: ErrorCode
  readonly status: number
  readonly message: string
  readonly retryAfterMs?: number
}

/** When to try again after an error that said nothing about it, in milliseconds. */
const defaultRetryMs = 2_000

export const publicError = (thrown: unknown): PublicError => {
  const error = asKonstructError(thrown)
  const told = isTheirs(error) ? error : new KonstructError('INTERNAL')
  const retry = told.rule.retry === 'later' ? { retryAfterMs: error.retryAfterMs ?? defaultRetryMs } : {}
  return {
    code: told.code,
    status: told === error ? error.rule.status : error.rule.status === 503 ? 503 : 500,
    message: told.message,
    ...retry,
  }
}

const isTheirs = ({ rule }: KonstructError): boolean =>
  rule.kind === 'caller' || rule.kind === 'limit' || rule.kind === 'upstream'

const isFrameCode = (code: string): code is FrameCode => (errorCodes as readonly string[]).includes(code)

/** What the refused frame was about, as far as it could be read. */
export interface FrameSubject {
  readonly id?: string
  readonly conversation?: string
}

export const errorFrame = (thrown: unknown, { id, conversation }: FrameSubject = {}): ErrorFrame => {
  const { code, message, retryAfterMs } = publicError(thrown)
  return {
    type: 'error',
    code: isFrameCode(code) ? code : 'INTERNAL',
    message,
    ...(id === undefined ? {} : { id }),
    ...(conversation === undefined ? {} : { conversation }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** Writes down what is ours: a part that is away as a warning, a bug as an error. */
export const logOwnFault = (log: Log, thrown: unknown, facts: Facts): void => {
  const error = asKonstructError(thrown)
  if (isTheirs(error)) return
  const line = { ...facts, code: error.code, error }
  if (error.rule.retry === 'later' && error.code !== 'INTERNAL') log.warn('request failed', line)
  else log.error('request failed', line)
}
