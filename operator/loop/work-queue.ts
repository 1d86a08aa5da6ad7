// What waits to be reconciled: keys, never events, with the semantics of client-go's workqueue.
//
// A key is in at most one of these places, and in `again` beside `running`:
//   delayed   wants a run later: a retry, or the next drift check
//   waiting   wants a run now, in one of two lanes; `change` overtakes `sweep`
//   running   a worker has it; nobody else can get it
//   again     was added while running; waits as soon as the worker is done
// Many adds become one run, and no add is ever lost: a run that starts after the add sees what the add was about.
//
// The trade-off: a steady flood of changes holds sweeps back. And as in controller-runtime's priority queue, a run
// takes the place of a later one that was planned, so memory is bounded by the number of keys.
import { backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { QueueMetrics } from './metrics.ts'

/** `change`: someone changed something. `sweep`: the first list, a relist, a drift check. */
export type Lane = 'change' | 'sweep'

interface Delayed {
  readonly due: number
  readonly lane: Lane
  readonly cancel: () => void
}

interface Running {
  readonly since: number
  readonly lane: Lane
}

interface QueuePorts {
  readonly clock: Clock
  readonly metrics: QueueMetrics
  /** A number from 0 up to 1; left out: Math.random. */
  readonly random?: () => number
}

/** client-go's item rate limiter: 5 ms, 10 ms, … 1000 s. */
const retryBounds = { firstMs: 5, maxMs: 1_000_000 }

const urgent = (one: Lane, other: Lane | undefined): Lane => (other === 'change' ? other : one)

export class WorkQueue {
  readonly #ports: QueuePorts
  /** Per lane: key → when it began to wait, in order. */
  readonly #waiting: Readonly<Record<Lane, Map<string, number>>> = { change: new Map(), sweep: new Map() }
  readonly #delayed = new Map<string, Delayed>()
  readonly #running = new Map<string, Running>()
  readonly #again = new Map<string, Lane>()
  readonly #failures = new Map<string, number>()
  readonly #takers: ((key: string | undefined) => void)[] = []
  #shutDown = false

  constructor(ports: QueuePorts) {
    this.#ports = ports
    ports.metrics.watch(this)
  }

  /** The key wants a run now. */
  add(key: string, wanted: Lane): void {
    if (this.#shutDown) return
    const lane = urgent(wanted, this.#delayed.get(key)?.lane)
    this.#undelay(key)
    const before = this.#running.has(key) ? this.#again.get(key) : this.#laneOf(key)
    if (before === undefined) this.#ports.metrics.added()
    if (before === lane || before === 'change') return
    if (this.#running.has(key)) this.#again.set(key, lane)
    else this.#wait(key, lane)
  }

  /** The key wants a run in `ms`; the earliest such wish counts, and one that already waits makes it moot. */
  addAfter(key: string, ms: number, wanted: Lane): void {
    if (this.#shutDown) return
    if (ms <= 0) return this.add(key, wanted)
    if (this.#laneOf(key) !== undefined || this.#again.has(key)) return
    const planned = this.#delayed.get(key)
    const lane = urgent(wanted, planned?.lane)
    const now = this.#ports.clock.now()
    const due = Math.min(now + ms, planned?.due ?? Infinity)
    planned?.cancel()
    const cancel = this.#ports.clock.after(due - now, () => this.add(key, lane))
    this.#delayed.set(key, { due, lane, cancel })
  }

  /** The key's run failed: again after its own backoff, at least `atLeastMs`, in the lane it came from. */
  retry(key: string, atLeastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#ports.metrics.retried()
    const random = (this.#ports.random ?? Math.random)()
    const lane = this.#running.get(key)?.lane ?? 'change'
    this.addAfter(key, Math.max(atLeastMs, backoff(retryBounds, failures, random)), lane)
  }

  /** How often the key failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The key's failures no longer count. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key, which is the taker's alone until `done`; `undefined` once the queue is shut down. */
  take(): Promise<string | undefined> {
    if (this.#shutDown) return Promise.resolve(undefined)
    const key = this.#first()
    return key === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(key)
  }

  /** The taker is through with the key. */
  done(key: string): void {
    const running = this.#running.get(key)
    if (running === undefined) return
    this.#running.delete(key)
    this.#ports.metrics.worked(this.#ports.clock.now() - running.since)
    const lane = this.#again.get(key)
    this.#again.delete(key)
    if (lane !== undefined && !this.#shutDown) this.#wait(key, lane)
  }

  /** Lets every taker go and drops what waits: whoever leads next lists everything anyway. */
  shutDown(): void {
    this.#shutDown = true
    for (const key of this.#delayed.keys()) this.#undelay(key)
    for (const taker of this.#takers.splice(0)) taker(undefined)
    this.#waiting.change.clear()
    this.#waiting.sweep.clear()
    this.#again.clear()
  }

  depth(lane: Lane): number {
    return this.#waiting[lane].size
  }

  /** For how many milliseconds each running key has been running. */
  runningMs(): readonly number[] {
    const now = this.#ports.clock.now()
    return [...this.#running.values()].map(({ since }) => now - since)
  }

  #laneOf(key: string): Lane | undefined {
    if (this.#waiting.change.has(key)) return 'change'
    return this.#waiting.sweep.has(key) ? 'sweep' : undefined
  }

  #undelay(key: string): void {
    this.#delayed.get(key)?.cancel()
    this.#delayed.delete(key)
  }

  #wait(key: string, lane: Lane): void {
    const since = this.#waiting.sweep.get(key) ?? this.#ports.clock.now()
    this.#waiting.sweep.delete(key)
    this.#waiting[lane].set(key, since)
    const taker = this.#takers.shift()
    if (taker !== undefined) taker(this.#first())
  }

  #first(): string | undefined {
    const lane: Lane = this.#waiting.change.size > 0 ? 'change' : 'sweep'
    const [entry] = this.#waiting[lane]
    if (entry === undefined) return undefined
    const [key, waitedSince] = entry
    const now = this.#ports.clock.now()
    this.#waiting[lane].delete(key)
    this.#running.set(key, { since: now, lane })
    this.#ports.metrics.waited(now - waitedSince)
    return key
  }
}
