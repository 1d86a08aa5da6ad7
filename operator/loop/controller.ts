// Takes keys from the queue and reconciles them, a fixed number at a time, each with a deadline. How a run ended
// decides, in one switch, what becomes of the key: done, again in a while, again after a backoff, or not until
// something changes. Nothing that a reconcile does or throws ends the loop.
//
// States: made → started → stopping (running reconciles may finish) → stopped. It is not started twice.
import { asKonstructError, KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import { pause, type Clock } from './clock.ts'
import type { ControllerMetrics } from './metrics.ts'
import type { WorkQueue } from './work-queue.ts'

/** How a reconcile that did not fail ended; `again` plans the next look, such as a drift check. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: 'again'; readonly ms: number }

/** Brings the world to what the key's resource asks for; must end soon after the signal aborts. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Outcome>

type Verdict = Outcome | { readonly kind: 'retry' | 'terminal'; readonly error: KonstructError }

interface ControllerPorts {
  readonly queue: WorkQueue
  readonly reconcile: Reconcile
  readonly clock: Clock
  readonly metrics: ControllerMetrics
  readonly log: Log
}

interface ControllerOptions {
  /** How many keys are reconciled at a time; reconciling is waiting for others, so more than the cores. */
  readonly workers?: number
  readonly deadlineMs?: number
}

/** A worker that is stuck for longer makes the process unhealthy; the number is Strimzi's. */
const stuckMs = 120_000

export class Controller {
  readonly #ports: ControllerPorts
  readonly #workers: number
  readonly #deadlineMs: number
  readonly #running = new Set<AbortController>()
  #ended: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(ports: ControllerPorts, { workers = 10, deadlineMs = 60_000 }: ControllerOptions = {}) {
    this.#ports = ports
    this.#workers = workers
    this.#deadlineMs = deadlineMs
    ports.metrics.workers(workers)
  }

  start(): void {
    this.#ended = Promise.all(Array.from({ length: this.#workers }, () => this.#work()))
  }

  /**
   * Takes no more keys, lets running reconciles finish for `graceMs`, then aborts them and does not wait further.
   * @returns whether all of them finished in time
   */
  async stop(graceMs: number): Promise<boolean> {
    this.#stopping = true
    this.#ports.queue.shutDown()
    const ended = new AbortController()
    const all = this.#ended.then(() => ended.abort())
    await Promise.race([all, pause(this.#ports.clock, graceMs, ended.signal)])
    for (const run of this.#running) run.abort(new KonstructError('LEASE_LOST'))
    return ended.signal.aborted
  }

  /** False when a worker is stuck: only a restart helps then. */
  isAlive(): boolean {
    return this.#ports.queue.runningMs().every((ms) => ms < stuckMs)
  }

  async #work(): Promise<void> {
    const { queue } = this.#ports
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      this.#settle(key, await this.#reconcile(key))
      queue.done(key)
    }
  }

  async #reconcile(key: string): Promise<Verdict> {
    const { clock, metrics } = this.#ports
    const run = new AbortController()
    let late = false
    const cancel = clock.after(this.#deadlineMs, () => {
      late = true
      run.abort(new KonstructError('INTERNAL', { message: 'The reconcile passed its deadline.' }))
    })
    this.#running.add(run)
    const began = clock.now()
    metrics.began()
    let verdict: Verdict
    try {
      verdict = await this.#ports.reconcile(key, run.signal)
    } catch (thrown) {
      verdict = this.#judge(thrown, late)
    }
    cancel()
    this.#running.delete(run)
    metrics.ended(resultOf[verdict.kind], clock.now() - began)
    return verdict
  }

  #judge(thrown: unknown, late: boolean): Verdict {
    const { metrics } = this.#ports
    const error = asKonstructError(thrown)
    if (late) metrics.timedOut()
    else if (error !== thrown) metrics.panicked()
    return { kind: late || error.rule.retry === 'later' ? 'retry' : 'terminal', error }
  }

  /** The one place where the end of a run becomes a move of the queue. */
  #settle(key: string, verdict: Verdict): void {
    const { queue, metrics } = this.#ports
    switch (verdict.kind) {
      case 'done':
        return queue.forget(key)
      case 'again':
        queue.forget(key)
        return queue.addAfter(key, verdict.ms, 'sweep')
      case 'retry':
        this.#tell('reconcile failed, will retry', key, verdict.error)
        return queue.retry(key, verdict.error.retryAfterMs)
      case 'terminal':
        metrics.terminal()
        this.#tell('reconcile failed until something changes', key, verdict.error)
        return queue.forget(key)
    }
  }

  #tell(message: string, key: string, error: KonstructError): void {
    if (this.#stopping) return
    const attempt = this.#ports.queue.failures(key) + 1
    this.#ports.log.warn(message, { resource: key, code: error.code, attempt, error })
  }
}

const resultOf = { done: 'success', again: 'requeue_after', retry: 'error', terminal: 'error' } as const
