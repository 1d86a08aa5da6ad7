import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { Api } from '../../../services/webchat/api.ts'
import { ApiError, ChatClosed, SignInNeeded, TenantMissing } from '../../../services/webchat/refusals.ts'

/** An API whose gateway answers this, and nothing else. */
const refusedWith = (status: number, code: string): Api => {
  mock.method(globalThis, 'fetch', async () => new Response(JSON.stringify({ code }), { status }))
  return new Api('https://chat.test', 'acme')
}

describe('becoming a visitor', () => {
  afterEach(() => mock.restoreAll())

  for (const [status, code, error] of [
    [403, 'VISITORS_FORBIDDEN', SignInNeeded],
    [403, 'TENANT_SUSPENDED', ChatClosed],
    [404, 'TENANT_NOT_FOUND', TenantMissing],
    [429, 'RATE_LIMITED', ApiError],
  ] as const)
    it(`fails as ${error.name} where the gateway answers ${code}`, async () => {
      await assert.rejects(refusedWith(status, code).becomeVisitor(), error)
    })
})
