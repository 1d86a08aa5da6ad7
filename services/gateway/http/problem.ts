// Errors over HTTP: RFC 9457 problem documents with a stable `code`.
import { STATUS_CODES } from 'node:http'
import type { ErrorCode } from '../../shared/runtime/errors.ts'
import { publicError } from '../public-error.ts'

export const problemType = 'application/problem+json'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
}

interface ProblemAnswer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
}

export const problemOf = (thrown: unknown): ProblemAnswer => {
  const { code, status, message, retryAfterMs } = publicError(thrown)
  return {
    problem: {
      type: `urn:konstruct:problem:${code}`,
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: message,
      code,
    },
    headers: {
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(retryAfterMs / 1_000)) }),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    },
  }
}
