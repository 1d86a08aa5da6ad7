// An operator of several namespaces, one of which was deleted with the Role in it: nothing in it can be read any longer.
import assert from 'node:assert/strict'
import { readTenant } from '../../services/shared/store/read-tenant.ts'
import { applyCrds } from '../crds/apply-crds.ts'
import { publishTestTenant } from '../operator/tenant/stubbed-ports.ts'
import { freshNamespace } from '../support/kube.ts'
import { waitUntil } from '../support/wait-until.ts'
import { OperatorsWithRights, rightsInChart } from './operator-with-rights.ts'

describe('An operator of several namespaces, without rights in one of them', function () {
  this.timeout(60_000)
  let operators: OperatorsWithRights
  let forbidden: string

  before(async function () {
    this.timeout(600_000)
    operators = await OperatorsWithRights.open()
    await applyCrds()
    forbidden = await freshNamespace()
  })
  after(() => operators.close())

  /** As an earlier operator left it, and without a resource that could be found. */
  const publish = (tenant: string, namespace: string): Promise<number> =>
    publishTestTenant(operators.store.operator, tenant, { namespace })

  const stateOf = async (tenant: string): Promise<string | undefined> =>
    (await readTenant(operators.store.operator, tenant))?.entry.state

  it('serves the tenants of the others, says which one it cannot read, and takes no tenant in it for gone', async () => {
    await publish('a-hidden', forbidden)
    const world = await operators.start(await rightsInChart(), {
      forbidden: [forbidden],
      before: async (namespace) => void (await publish('b-lost', namespace)),
    })
    await world.untilReady('True')
    await waitUntil({ until: 'it is ready' }, async () => (await world.ask('/readyz')).status === 200)
    const metrics = await (await world.ask('/metrics')).text()
    for (const [namespace, readable] of [[forbidden, 0] as const, [world.namespace, 1] as const])
      assert.ok(
        metrics.includes(`konstruct_namespace_readable{watched_namespace="${namespace}"} ${readable}\n`),
      )
    assert.match(await (await world.ask('/status')).text(), new RegExp(`Tenant in ${forbidden}`))
    // Both are looked at together, in this order: that the second one is retained shows that the first was passed over.
    await waitUntil({ until: 'the lost one is retained', deadlineMs: 30_000 }, async () => {
      const state = await stateOf('b-lost')
      return state === 'retained'
    })
    assert.equal(await stateOf('a-hidden'), 'active')
  })
})
