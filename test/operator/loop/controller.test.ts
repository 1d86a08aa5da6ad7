import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import { Controller, type Reconcile } from '../../../operator/loop/controller.ts'
import { createLoopMetrics } from '../../../operator/loop/metrics.ts'
import { WorkQueue } from '../../../operator/loop/work-queue.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { silentLog, type Facts } from '../../../services/shared/runtime/log.ts'
import { FakeClock, settle } from '../fake-clock.ts'

const done = { kind: 'done' } as const

const start = (reconcile: Reconcile, options?: { workers?: number; deadlineMs?: number }) => {
  const clock = new FakeClock()
  const registry = new Registry()
  const metrics = createLoopMetrics(registry)
  const queue = new WorkQueue({ clock, metrics: metrics.queue('test'), random: () => 1 })
  const warnings: (Facts | undefined)[] = []
  const log = { ...silentLog, warn: (_: string, facts?: Facts) => void warnings.push(facts) }
  const controller = new Controller(
    { queue, reconcile, clock, metrics: metrics.controller('test'), log },
    options,
  )
  controller.start()
  const metric = async (name: string, labels: Record<string, string> = {}): Promise<number | undefined> => {
    const values = (await registry.getSingleMetric(name)?.get())?.values ?? []
    return values.find((value) =>
      Object.entries(labels).every(([label, text]) => value.labels[label] === text),
    )?.value
  }
  return { clock, queue, controller, warnings, metric }
}

/** A reconcile that ends each run as told, the last way from then on, and counts the runs. */
const scripted = (...ends: (() => ReturnType<Reconcile>)[]) => {
  const script = { runs: 0, reconcile: async (): ReturnType<Reconcile> => done }
  script.reconcile = () => {
    const end = ends[Math.min(script.runs, ends.length - 1)]
    script.runs += 1
    return end === undefined ? Promise.resolve(done) : end()
  }
  return script
}

const fails = (thrown: unknown) => () => Promise.reject(thrown)

describe('Controller', () => {
  it('reconciles a key once and forgets it when it is done', async () => {
    const script = scripted()
    const { clock, queue, metric } = start(script.reconcile)
    queue.add('a', 'change')
    await clock.advance(0)
    assert.equal(clock.timers, 0)
    await clock.advance(3_600_000)
    assert.equal(script.runs, 1)
    assert.equal(await metric('controller_runtime_reconcile_total', { result: 'success' }), 1)
  })

  it('looks again after the time that the outcome names', async () => {
    const unavailable = fails(new KonstructError('STORE_UNAVAILABLE'))
    const script = scripted(unavailable, async () => ({ kind: 'again', ms: 300_000 }))
    const { clock, queue, metric } = start(script.reconcile)
    queue.add('a', 'change')
    await clock.advance(5)
    assert.equal(queue.failures('a'), 0)
    await clock.advance(299_999)
    assert.equal(script.runs, 2)
    await clock.advance(300_001)
    assert.equal(script.runs, 4)
    assert.equal(await metric('controller_runtime_reconcile_total', { result: 'requeue_after' }), 3)
  })

  it('retries with backoff what may succeed later, and starts over after a success', async () => {
    const unavailable = fails(new KonstructError('STORE_UNAVAILABLE'))
    const script = scripted(
      unavailable,
      unavailable,
      async () => done,
      unavailable,
      async () => done,
    )
    const { clock, queue, metric, warnings } = start(script.reconcile)
    queue.add('a', 'change')
    await clock.advance(5)
    assert.equal(script.runs, 2)
    await clock.advance(9)
    assert.equal(script.runs, 2)
    await clock.advance(1)
    assert.equal(script.runs, 3)
    assert.deepEqual(
      warnings.map((facts) => [facts?.resource, facts?.code, facts?.attempt]),
      [
        ['a', 'STORE_UNAVAILABLE', 1],
        ['a', 'STORE_UNAVAILABLE', 2],
      ],
    )
    queue.add('a', 'change')
    await clock.advance(5)
    assert.equal(script.runs, 5)
    assert.equal(await metric('controller_runtime_reconcile_errors_total'), 3)
    assert.equal(await metric('workqueue_retries_total'), 3)
  })

  it('waits at least as long as a dependency asks', async () => {
    const script = scripted(fails(new KonstructError('KUBE_UNAVAILABLE', { retryAfterMs: 7000 })))
    const { clock, queue } = start(script.reconcile)
    queue.add('a', 'change')
    await clock.advance(6999)
    assert.equal(script.runs, 1)
    await clock.advance(1)
    assert.equal(script.runs, 2)
  })

  it('leaves a key alone that no retry can mend, until something changes', async () => {
    const script = scripted(fails(new KonstructError('KUBE_REFUSED')), async () => done)
    const { clock, queue, metric } = start(script.reconcile)
    queue.add('a', 'change')
    await clock.advance(3_600_000)
    assert.equal(script.runs, 1)
    assert.equal(await metric('controller_runtime_terminal_reconcile_errors_total'), 1)
    queue.add('a', 'change')
    await clock.advance(0)
    assert.equal(script.runs, 2)
  })

  it('survives whatever is thrown, and retries it', async () => {
    for (const thrown of [new TypeError('a bug'), 'text', undefined, null]) {
      const script = scripted(fails(thrown), async () => done)
      const { clock, queue, metric } = start(script.reconcile)
      queue.add('a', 'change')
      await clock.advance(10)
      assert.equal(script.runs, 2)
      assert.equal(await metric('controller_runtime_reconcile_panics_total'), 1)
    }
  })

  it('runs as many keys at a time as it has workers, and never one key twice', async () => {
    const running: string[] = []
    const releases: (() => void)[] = []
    const { clock, queue, metric } = start(
      async (key) => {
        assert.ok(!running.includes(key))
        running.push(key)
        await new Promise<void>((resolve) => releases.push(resolve))
        running.splice(running.indexOf(key), 1)
        return done
      },
      { workers: 3 },
    )
    for (const key of ['a', 'b', 'c', 'd', 'e', 'a']) queue.add(key, 'change')
    await settle()
    queue.add('a', 'change')
    assert.deepEqual(running, ['a', 'b', 'c'])
    assert.equal(await metric('controller_runtime_active_workers'), 3)
    assert.equal(await metric('controller_runtime_max_concurrent_reconciles'), 3)
    releases.shift()?.()
    await settle()
    assert.deepEqual(running, ['b', 'c', 'd'])
    while (releases.length > 0) {
      releases.shift()?.()
      await clock.advance(1)
    }
    assert.equal(await metric('controller_runtime_active_workers'), 0)
  })

  it('aborts a reconcile at its deadline and retries it, whatever it throws then', async () => {
    const late = (_: string, signal: AbortSignal): ReturnType<Reconcile> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new KonstructError('KUBE_REFUSED')))
      })
    const { clock, queue, metric } = start(late, { deadlineMs: 1000 })
    queue.add('a', 'change')
    await clock.advance(1000)
    assert.equal(await metric('controller_runtime_reconcile_timeouts_total'), 1)
    await clock.advance(5)
    assert.equal(await metric('controller_runtime_active_workers'), 1)
  })

  it('is no longer alive when a worker has been stuck for two minutes', async () => {
    const { clock, queue, controller } = start(() => new Promise(() => {}))
    queue.add('a', 'change')
    await clock.advance(119_999)
    assert.equal(controller.isAlive(), true)
    await clock.advance(1)
    assert.equal(controller.isAlive(), false)
  })

  it('lets running reconciles finish when it stops, and takes no more', async () => {
    const runs: string[] = []
    let release = () => {}
    const { queue, controller } = start(
      (key) => {
        runs.push(key)
        return new Promise((resolve) => {
          release = () => resolve(done)
        })
      },
      { workers: 1 },
    )
    queue.add('a', 'change')
    queue.add('b', 'change')
    await settle()
    const stopped = controller.stop(25_000)
    await settle()
    release()
    assert.equal(await stopped, true)
    assert.deepEqual(runs, ['a'])
  })

  it('aborts what still runs when its patience ends', async () => {
    let aborted = false
    const { clock, queue, controller } = start((_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Promise(() => {})
    })
    queue.add('a', 'change')
    await settle()
    const stopped = controller.stop(25_000)
    await clock.advance(24_999)
    assert.equal(aborted, false)
    await clock.advance(1)
    assert.equal(await stopped, false)
    assert.equal(aborted, true)
  })

  it('stops at once when nothing runs', async () => {
    const { controller, clock } = start(scripted().reconcile)
    assert.equal(await controller.stop(25_000), true)
    assert.equal(clock.timers, 0)
  })
})
