import assert from 'node:assert/strict'
import { aCheckedAgent, aCheckedTenant } from './an-observation.ts'

describe('The check of a resource', () => {
  const newer = { ofANewerVersion: 1, models: [] }

  it('lets fields be that a newer CRD has brought, wherever they are', () => {
    const tenant = aCheckedTenant({ ofANewerVersion: { deep: [1] } })
    assert.deepEqual(tenant.problems, [])
    assert.equal(tenant.spec?.displayName, 'acme')
    assert.notEqual(aCheckedAgent('support', { ofANewerVersion: true }).spec, null)
  })

  it('judges the rest of such a resource as ever', () => {
    const { spec, problems } = aCheckedTenant(newer)
    assert.equal(spec, null)
    assert.match(problems[0]?.message ?? '', /at least one model/)
  })

  it('takes nothing into force that its source has refused for an unknown field', () => {
    const problem = { path: 'spec.tpyo', message: 'unknown field "spec.tpyo"' }
    const { spec, problems } = aCheckedTenant({ tpyo: 1 }, { refused: [problem] })
    assert.equal(spec, null)
    assert.deepEqual(problems, [problem])
  })
})
