import assert from 'node:assert/strict'
import { systemClock } from '../../../operator/loop/clock.ts'
import type { WorkQueue } from '../../../operator/loop/work-queue.ts'
import { OrphanSweep } from '../../../operator/platform/orphan-sweep.ts'
import type { DesiredSource } from '../../../operator/source/desired-source.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { emptySource, publishTestTenant } from '../tenant/stubbed-ports.ts'

describe('The sweep for tenants without a resource', function () {
  this.timeout(30_000)
  let store: FreshStore

  beforeEach(async () => {
    store = await freshStore()
  })
  afterEach(() => store.close())

  it('hands over those that chat or were being deleted, and none that is retained or that we cannot know', async () => {
    await publishTestTenant(store.operator, 'a-hidden', { namespace: 'forbidden' })
    await publishTestTenant(store.operator, 'b-retained', { state: 'retained' })
    await publishTestTenant(store.operator, 'c-deleting', { state: 'deleting' })
    await publishTestTenant(store.operator, 'd-active')
    const keys: string[] = []
    const queue = { add: (key) => void keys.push(key) } as Pick<WorkQueue, 'add'> as WorkQueue
    const known = { ...emptySource, knows: (namespace: string) => namespace === 'default' }
    const source = known as DesiredSource
    const ports = { database: store.operator, source, queue, clock: systemClock, log: silentLog }
    const sweep = new OrphanSweep(ports, { everyMs: 60_000 })
    sweep.start()
    await waitUntil({ until: 'the last one is handed over' }, () => keys.includes('default/d-active'))
    await sweep.stop(5_000)
    assert.deepEqual(keys, ['default/c-deleting', 'default/d-active'])
  })
})
