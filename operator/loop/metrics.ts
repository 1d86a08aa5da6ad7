// What the loop counts, under controller-runtime's and client-go's names and labels, so that a stock dashboard or
// alert for operators works unchanged. Every series begins at zero: an alert on a rate never waits for a first failure.
import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from 'prom-client'
import type { Lane } from './work-queue.ts'

export type ReconcileResult = 'success' | 'error' | 'requeue' | 'requeue_after'

/** What a queue lets be seen at the moment of a scrape. */
interface QueueView {
  depth(lane: Lane): number
  runningMs(): readonly number[]
}

export interface QueueMetrics {
  watch(queue: QueueView): void
  added(): void
  retried(): void
  waited(ms: number): void
  worked(ms: number): void
}

export interface ControllerMetrics {
  workers(count: number): void
  began(): void
  ended(result: ReconcileResult, ms: number): void
  /** A thrown value that is no KonstructError: the nearest that JavaScript has to a panic. */
  panicked(): void
  terminal(): void
  timedOut(): void
}

export interface LoopMetrics {
  /** @param name the controller's, such as `tenant`; also its queue's */
  readonly queue: (name: string) => QueueMetrics
  readonly controller: (name: string) => ControllerMetrics
  /** 1 while this process leads. */
  readonly leads: (lease: string, leading: boolean) => void
}

/** controller-runtime's buckets, in seconds. */
const reconcileBuckets = [
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
  [1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
].flat()

/** As controller-runtime labels its two priorities. */
const priorities: Readonly<Record<Lane, string>> = { change: '0', sweep: '-100' }

const results: readonly ReconcileResult[] = ['success', 'error', 'requeue', 'requeue_after']

const queueLabels = ['name', 'controller'] as const

const registerQueueGauges = (registry: Registry, views: ReadonlyMap<string, QueueView>): void => {
  const registers = [registry]
  const register = (name: string, help: string, read: (view: QueueView) => number) =>
    new Gauge({
      name,
      help,
      labelNames: queueLabels,
      registers,
      collect() {
        for (const [name, view] of views) this.set({ name, controller: name }, read(view))
      },
    })
  register(
    'workqueue_unfinished_work_seconds',
    'Seconds that the running keys have taken so far, together.',
    (view) => view.runningMs().reduce((sum, ms) => sum + ms, 0) / 1000,
  )
  register(
    'workqueue_longest_running_processor_seconds',
    'Seconds that the longest running key has taken so far.',
    (view) => Math.max(0, ...view.runningMs()) / 1000,
  )
  void new Gauge({
    name: 'workqueue_depth',
    help: 'Keys that wait, by priority.',
    labelNames: [...queueLabels, 'priority'],
    registers,
    collect() {
      for (const [name, view] of views)
        for (const lane of ['change', 'sweep'] as const)
          this.set({ name, controller: name, priority: priorities[lane] }, view.depth(lane))
    },
  })
}

const registerQueueSeries = (registry: Registry) => {
  const shared = { labelNames: queueLabels, registers: [registry] }
  const buckets = exponentialBuckets(1e-8, 10, 12)
  const counter = (name: string, help: string) => new Counter({ ...shared, name, help })
  const histogram = (name: string, help: string) => new Histogram({ ...shared, name, help, buckets })
  return {
    adds: counter('workqueue_adds_total', 'Keys added, duplicates not counted.'),
    retries: counter('workqueue_retries_total', 'Keys added again after a failure.'),
    waits: histogram('workqueue_queue_duration_seconds', 'How long a key waited before its run.'),
    works: histogram('workqueue_work_duration_seconds', 'How long the run of a key took.'),
  }
}

const queueMetrics = (registry: Registry): LoopMetrics['queue'] => {
  const views = new Map<string, QueueView>()
  registerQueueGauges(registry, views)
  const { adds, retries, waits, works } = registerQueueSeries(registry)
  return (name) => {
    const labels = { name, controller: name }
    for (const counter of [adds, retries]) counter.inc(labels, 0)
    for (const histogram of [waits, works]) histogram.zero(labels)
    return {
      watch: (queue) => void views.set(name, queue),
      added: () => adds.inc(labels),
      retried: () => retries.inc(labels),
      waited: (ms) => waits.observe(labels, ms / 1000),
      worked: (ms) => works.observe(labels, ms / 1000),
    }
  }
}

const registerControllerSeries = (registry: Registry) => {
  const labelNames = ['controller'] as const
  const registers = [registry]
  const named = (name: string, help: string) => ({ name: `controller_runtime_${name}`, help, registers })
  const counter = (name: string, help: string) => new Counter({ ...named(name, help), labelNames })
  const gauge = (name: string, help: string) => new Gauge({ ...named(name, help), labelNames })
  return {
    total: new Counter({
      ...named('reconcile_total', 'Reconciles, by how they ended.'),
      labelNames: [...labelNames, 'result'],
    }),
    time: new Histogram({
      ...named('reconcile_time_seconds', 'How long a reconcile took.'),
      labelNames,
      buckets: reconcileBuckets,
    }),
    errors: counter('reconcile_errors_total', 'Reconciles that failed.'),
    terminals: counter('terminal_reconcile_errors_total', 'Failures that no retry can mend.'),
    panics: counter('reconcile_panics_total', 'Failures that nobody foresaw.'),
    timeouts: counter('reconcile_timeouts_total', 'Reconciles that passed their deadline.'),
    limit: gauge('max_concurrent_reconciles', 'How many workers there are.'),
    active: gauge('active_workers', 'How many workers are busy.'),
  }
}

const controllerMetrics = (registry: Registry): LoopMetrics['controller'] => {
  const { total, time, errors, terminals, panics, timeouts, limit, active } =
    registerControllerSeries(registry)
  return (controller) => {
    const labels = { controller }
    for (const result of results) total.inc({ ...labels, result }, 0)
    for (const counter of [errors, terminals, panics, timeouts]) counter.inc(labels, 0)
    for (const gauge of [limit, active]) gauge.set(labels, 0)
    time.zero(labels)
    return {
      workers: (count) => limit.set(labels, count),
      began: () => active.inc(labels),
      ended: (result, ms) => {
        active.dec(labels)
        total.inc({ ...labels, result })
        time.observe(labels, ms / 1000)
        if (result === 'error') errors.inc(labels)
      },
      panicked: () => panics.inc(labels),
      terminal: () => terminals.inc(labels),
      timedOut: () => timeouts.inc(labels),
    }
  }
}

/** Registers the loop's metrics; call it once per registry. */
export const createLoopMetrics = (registry: Registry): LoopMetrics => {
  const leader = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads, 0 while it stands by.',
    labelNames: ['name'],
    registers: [registry],
  })
  return {
    queue: queueMetrics(registry),
    controller: controllerMetrics(registry),
    leads: (lease, leading) => leader.set({ name: lease }, leading ? 1 : 0),
  }
}
