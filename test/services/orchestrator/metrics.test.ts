import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import {
  createMetrics,
  followTenant,
  noteEnd,
  noteFirstDelta,
  noteTokens,
  type OrchestratorMetrics,
} from '../../../services/orchestrator/metrics.ts'

describe('The metrics of a tenant', () => {
  let metrics: OrchestratorMetrics
  beforeEach(() => {
    metrics = createMetrics()
  })

  const note = (): void => {
    noteFirstDelta(metrics, 'acme', performance.now())
    noteTokens(metrics, 'acme', { inputTokens: 3, outputTokens: 2 })
    noteEnd(metrics, { tenant: 'acme', state: 'answered', startedAt: performance.now() })
  }

  /** Series with the tenant's name that tell more than 0. */
  const told = async (): Promise<readonly string[]> =>
    (await metrics.registry.metrics())
      .split('\n')
      .filter((line) => line.includes('tenant="acme"') && !line.endsWith(' 0'))

  it('are kept for one that this process has not heard of yet', async () => {
    note()
    assert.notDeepEqual(await told(), [])
  })

  it('are forgotten when it is gone, also what its last turns tell after that', async () => {
    followTenant(metrics, 'acme', true)
    note()
    followTenant(metrics, 'acme', false)
    note()
    await setImmediate()
    assert.doesNotMatch(await metrics.registry.metrics(), /acme/)
  })

  it('begin anew when it is there again', async () => {
    followTenant(metrics, 'acme', false)
    followTenant(metrics, 'acme', true)
    note()
    assert.notDeepEqual(await told(), [])
  })
})
