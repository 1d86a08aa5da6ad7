import assert from 'node:assert/strict'
import { waitUntil } from '../../support/wait-until.ts'
import { aReadyTenant, asAdmin } from '../scenes.ts'
import { type Standalone, startStandalone } from '../standalone.ts'

describe('The isolation watch', function () {
  this.timeout(60_000)
  let operator: Standalone

  beforeEach(async () => {
    operator = await startStandalone()
  })
  afterEach(() => operator.close())

  it('repairs a policy that was dropped, and IsolationVerified tells', async () => {
    // What was repaired is told until the next look.
    await operator.restart({ KONSTRUCT_ISOLATION_SECONDS: '5' })
    await aReadyTenant(operator)
    await asAdmin(operator, 'drop policy tenant_isolation on konstruct.messages')
    await waitUntil({ until: 'it is told', deadlineMs: 20_000 }, async () => {
      const { message } = await operator.condition('acme', 'IsolationVerified', 'True')
      return /It was repaired: messages: policy created/.test(message)
    })
    assert.match(await operator.metrics(), /^konstruct_drift_corrected_total\{system="postgres"\} 1$/m)
  })

  it('says that isolation is broken when the database lets a tenant through, whatever the catalog says', async () => {
    await operator.restart({ KONSTRUCT_ISOLATION_SECONDS: '1' })
    await aReadyTenant(operator)
    await asAdmin(operator, 'alter role konstruct_operator bypassrls')
    try {
      const { reason, message } = await operator.condition('acme', 'IsolationVerified', 'False')
      assert.equal(reason, 'Broken')
      assert.match(message, /messages: rows of another tenant can be read/)
      assert.match(await operator.metrics(), /^konstruct_isolation_verified 0$/m)
    } finally {
      await asAdmin(operator, 'alter role konstruct_operator nobypassrls')
    }
    await operator.condition('acme', 'Ready', 'True')
  })
})
