import assert from 'node:assert/strict'
import { countRows } from '../../../services/shared/store/purge-tenant.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { readTenant } from '../../../services/shared/store/read-tenant.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { aReadyTenant, chat, countLeftovers, isGone } from '../scenes.ts'
import { nobody, type Standalone, startStandalone } from '../standalone.ts'

describe('A tenant that goes', function () {
  this.timeout(30_000)
  let operator: Standalone

  beforeEach(async () => {
    operator = await startStandalone()
  })
  afterEach(() => operator.close())

  it('deletes every row and every key with deletionPolicy Delete, also what is written while gateways follow', async () => {
    await aReadyTenant(operator, { deletionPolicy: 'Delete' })
    await chat(operator)
    operator.remove('acme.yaml')
    const { message, lastTransitionTime } = await operator.condition('acme', 'Deleted', 'False')
    assert.match(message, /No message is admitted any more/)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'deleting')
    const followUntil = Date.parse(lastTransitionTime) + 2_000
    while (Date.now() < followUntil) await chat(operator)
    await isGone(operator)
    assert.equal(await countLeftovers(operator), 0)
  })

  it('goes on deleting after a restart, and keeps the tenant while a store is away', async () => {
    await aReadyTenant(operator, { deletionPolicy: 'Delete' })
    await chat(operator)
    await operator.restart({ KONSTRUCT_REDIS_URL: `redis://${nobody}` })
    operator.remove('acme.yaml')
    assert.equal((await operator.condition('acme', 'Deleted', 'Unknown')).reason, 'RedisUnavailable')
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    await operator.restart()
    await isGone(operator)
    assert.equal(await countLeftovers(operator), 0)
  })

  it('retains data by default, and gives it back to a tenant of the same name', async () => {
    await aReadyTenant(operator)
    await chat(operator)
    operator.remove('acme.yaml')
    await isGone(operator)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'retained')
    await aReadyTenant(operator)
    assert.equal((await countRows(operator.store.operator, 'acme')).messages, 1)
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'active')
  })

  it('stops the chat of a tenant that has no resource any longer, and keeps its data', async () => {
    await aReadyTenant(operator)
    const { config } = (await readTenant(operator.store.app, 'acme')) ?? assert.fail('not published')
    await publishTenant(operator.store.operator, {
      tenant: 'ghost',
      namespace: 'default',
      uid: 'forgotten',
      state: 'active',
      spec: config.spec,
      web: config.web,
      agents: [],
      secrets: [],
    })
    await operator.restart()
    await waitUntil({ until: 'it is retained' }, async () => {
      const ghost = await readTenant(operator.store.app, 'ghost')
      return ghost?.entry.state === 'retained'
    })
    assert.equal((await readTenant(operator.store.app, 'acme'))?.entry.state, 'active')
  })
})
