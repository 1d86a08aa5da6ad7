import assert from 'node:assert/strict'
import { compileRules } from '../../../operator/validation/check-rules.ts'
import type { CrdSchema } from '../../../operator/validation/crd-schema.ts'

const withRule = (rule: string, fieldPath?: string): CrdSchema => ({
  type: 'object',
  properties: { count: { type: 'integer' }, name: { type: 'string' } },
  'x-kubernetes-validations': [
    { rule, message: 'write it otherwise', ...(fieldPath === undefined ? {} : { fieldPath }) },
  ],
})

describe('compileRules', () => {
  it('tells the sentence of a broken rule where the rule wants it told', () => {
    const check = compileRules(withRule('has(self.name)', '.name'))

    assert.deepEqual(check({ count: 1 }), [{ path: 'name', message: 'write it otherwise' }])
    assert.deepEqual(check({ name: 'a' }), [])
  })

  it('counts in whole numbers, as the schema says', () => {
    assert.deepEqual(compileRules(withRule('self.count / 2 == 3'))({ count: 7 }), [])
  })

  it('counts a rule that fails to give an answer as broken, and says why', () => {
    const [problem] = compileRules(withRule('self.name == "a"'))({ count: 1 })

    assert.match(problem?.message ?? '', /name.* evaluating rule: write it otherwise$/)
  })

  it('asks a rule about a change only when there is one', () => {
    const check = compileRules(withRule('self.count >= oldSelf.count'))

    assert.deepEqual(check({ count: 1 }), [])
    assert.deepEqual(check({ count: 2 }, { count: 1 }), [])
    assert.deepEqual(check({ count: 1 }, { count: 2 }), [{ path: '', message: 'write it otherwise' }])
  })

  it('throws on a rule that is no CEL', () => {
    assert.throws(() => compileRules(withRule('self.count >')))
  })
})
