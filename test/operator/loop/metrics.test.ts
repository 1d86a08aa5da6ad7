import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import { createLoopMetrics } from '../../../operator/loop/metrics.ts'
import { WorkQueue } from '../../../operator/loop/work-queue.ts'
import { FakeClock } from '../fake-clock.ts'

/** As controller-runtime names them; a stock dashboard asks for exactly these. */
const names = [
  'controller_runtime_active_workers{controller="tenant"} 0',
  'controller_runtime_max_concurrent_reconciles{controller="tenant"} 0',
  'controller_runtime_reconcile_errors_total{controller="tenant"} 0',
  'controller_runtime_reconcile_panics_total{controller="tenant"} 0',
  'controller_runtime_reconcile_time_seconds_count{controller="tenant"} 0',
  'controller_runtime_reconcile_timeouts_total{controller="tenant"} 0',
  'controller_runtime_reconcile_total{controller="tenant",result="error"} 0',
  'controller_runtime_reconcile_total{controller="tenant",result="requeue"} 0',
  'controller_runtime_reconcile_total{controller="tenant",result="requeue_after"} 0',
  'controller_runtime_reconcile_total{controller="tenant",result="success"} 0',
  'controller_runtime_terminal_reconcile_errors_total{controller="tenant"} 0',
  'leader_election_master_status{name="konstruct-operator"} 0',
  'workqueue_adds_total{name="tenant",controller="tenant"} 0',
  'workqueue_depth{name="tenant",controller="tenant",priority="-100"} 0',
  'workqueue_depth{name="tenant",controller="tenant",priority="0"} 0',
  'workqueue_longest_running_processor_seconds{name="tenant",controller="tenant"} 0',
  'workqueue_queue_duration_seconds_count{name="tenant",controller="tenant"} 0',
  'workqueue_retries_total{name="tenant",controller="tenant"} 0',
  'workqueue_unfinished_work_seconds{name="tenant",controller="tenant"} 0',
  'workqueue_work_duration_seconds_count{name="tenant",controller="tenant"} 0',
]

const scrape = async () => {
  const registry = new Registry()
  const metrics = createLoopMetrics(registry)
  const clock = new FakeClock()
  const queue = new WorkQueue({ clock, metrics: metrics.queue('tenant') })
  metrics.controller('tenant')
  metrics.leads('konstruct-operator', false)
  const lines = async () => (await registry.metrics()).split('\n')
  return { clock, queue, lines }
}

describe('createLoopMetrics', () => {
  it("has every series of controller-runtime's loop at zero from the start", async () => {
    const { lines } = await scrape()
    const found = await lines()
    assert.deepEqual(
      names.filter((name) => !found.includes(name)),
      [],
    )
  })

  it('tells depth by priority, and how long work waits and takes', async () => {
    const { clock, queue, lines } = await scrape()
    for (const key of ['a', 'b', 'c']) queue.add(key, 'sweep')
    queue.add('d', 'change')
    queue.add('d', 'change')
    await clock.advance(2000)
    await queue.take()
    await queue.take()
    await clock.advance(3000)
    queue.done('d')
    const found = await lines()
    const expected = [
      'workqueue_adds_total{name="tenant",controller="tenant"} 4',
      'workqueue_depth{name="tenant",controller="tenant",priority="-100"} 2',
      'workqueue_depth{name="tenant",controller="tenant",priority="0"} 0',
      'workqueue_longest_running_processor_seconds{name="tenant",controller="tenant"} 3',
      'workqueue_queue_duration_seconds_sum{name="tenant",controller="tenant"} 4',
      'workqueue_work_duration_seconds_sum{name="tenant",controller="tenant"} 3',
    ]
    assert.deepEqual(
      expected.filter((line) => !found.includes(line)),
      [],
    )
  })
})
