import assert from 'node:assert/strict'
import { readTenant } from '../../services/shared/store/read-tenant.ts'
import { waitUntil } from '../support/wait-until.ts'
import { copySample, type Standalone, startStandalone } from './standalone.ts'
import { createLog, silentLog } from '../../services/shared/runtime/log.ts'

describe('The operator on a folder of manifests', () => {
  let standalone: Standalone
  beforeEach(async () => {
    standalone = await startStandalone(
      process.env['TEST_LOG'] ? createLog({ part: 'operator', level: 'debug' }) : silentLog,
    )
  })
  afterEach(() => standalone.close())

  it('makes both sample tenants and all their agents Ready within 5 s', async () => {
    copySample(standalone, 'acme')
    copySample(standalone, 'globex')
    const isReady = ({ ready }: { ready: string }) => ready === 'True'
    const { tenants } = await waitUntil({ until: 'all are Ready' }, async () => {
      const report = await standalone.status()
      const all = report.tenants.flatMap((tenant) => [tenant, ...tenant.agents])
      return all.length === 6 && all.every(isReady) ? report : undefined
    })
    assert.deepEqual(
      tenants.map(({ name }) => name),
      ['acme', 'globex'],
    )
    const published = await readTenant(standalone.store.app, 'acme')
    assert.equal(published?.config.agents.get('support')?.spec.displayName, 'Ava')
  })
})
