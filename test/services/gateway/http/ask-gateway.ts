// Asks a gateway over HTTP, and holds its refusals to the form that they must have.
import assert from 'node:assert/strict'
import type { TestGateway } from '../../../support/gateway-world.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

interface Asking extends RequestInit {
  /** The bearer's token; null for none. */
  readonly as: string | null
}

export const ask = async ({ url }: TestGateway, path: string, { as, ...init }: Asking): Promise<Answer> => {
  const headers = new Headers(init.headers)
  if (as !== null) headers.set('authorization', `Bearer ${as}`)
  const response = await fetch(url + path, { ...init, headers })
  const text = await response.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text }
  return { status: response.status, headers: response.headers, body }
}

/** RFC 9457, with the stable code. */
export const assertProblem = ({ status, headers, body }: Answer, expected: number, code: string): void => {
  assert.deepEqual([status, body['code'], body['status']], [expected, code, expected])
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
  for (const name of ['type', 'title', 'detail'])
    assert.equal(typeof body[name], 'string', `${name} is missing`)
}
