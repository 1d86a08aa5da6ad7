import assert from 'node:assert/strict'
import { kubeError } from '../../../operator/kube/kube-error.ts'

const cases = [
  [400, 'KUBE_REFUSED', 'fixed'],
  [401, 'KUBE_UNAVAILABLE', 'later'],
  [403, 'KUBE_FORBIDDEN', 'later'],
  [404, 'KUBE_NOT_FOUND', 'later'],
  [408, 'KUBE_UNAVAILABLE', 'later'],
  [409, 'KUBE_CONFLICT', 'later'],
  [410, 'KUBE_EXPIRED', 'later'],
  [422, 'KUBE_REFUSED', 'fixed'],
  [429, 'KUBE_UNAVAILABLE', 'later'],
  [500, 'KUBE_UNAVAILABLE', 'later'],
  [504, 'KUBE_UNAVAILABLE', 'later'],
] as const

describe('kubeError', () => {
  for (const [status, code, retry] of cases)
    it(`makes ${code} of ${status}, to be tried again: ${retry}`, () => {
      const error = kubeError({ code: status })
      assert.deepEqual([error.code, error.rule.retry], [code, retry])
    })

  it('says what the server said, unless it must be discreet', () => {
    const status = { code: 403, reason: 'Forbidden', message: 'things is forbidden' }
    assert.equal(kubeError(status).message, 'The Kubernetes API answered 403 Forbidden: things is forbidden')
    assert.equal(kubeError(status, true).message, 'The Kubernetes API answered 403 Forbidden')
  })

  it('knows how long to wait when the server says so in its Status', () => {
    assert.equal(kubeError({ code: 429, details: { retryAfterSeconds: 3 } }).retryAfterMs, 3000)
    assert.equal(kubeError({ code: 429, details: { retryAfterSeconds: 0 } }).retryAfterMs, undefined)
  })
})
