// Gives turns to workers. The queue decides the order; here are the ways a turn can go.
//
//   offered → queued → claimed → finished; then it runs to its end
//                    → all places are taken → set aside, for others that have one free → finished; it stays queued
//                    → held by another worker, or nothing is left to do → finished
//                    → behind an earlier turn, or its tenant is at its cap elsewhere → set aside → finished
//           → no place in the queue → set aside → finished
//   draining: nothing starts any more; what waits stays unfinished, so that the next worker gets it
//
// `finish` lets Kafka forget the turn. It is called once PostgreSQL alone is enough to find it again: a lease that runs
// out does that as well as a mark, so a reply of minutes holds up no commit.
import type { TurnRef } from '../shared/domain/turn.ts'
import type { Log } from '../shared/runtime/log.ts'
import { asKonstructError } from '../shared/runtime/errors.ts'
import type { OrchestratorMetrics, RunOutcome } from './metrics.ts'
import { TurnQueue } from './turn-queue.ts'

export interface OfferedTurn {
  readonly ref: TurnRef
  /** `log`: from Kafka. `store`: found in PostgreSQL, where it stays found until it is claimed. */
  readonly from: 'log' | 'store'
  /** May be called again. */
  readonly finish: () => void
}

interface DispatcherPorts {
  readonly log: Log
  readonly metrics: OrchestratorMetrics
  readonly limitOf: (tenant: string) => number
  readonly run: (turn: OfferedTurn) => Promise<RunOutcome>
  /** Resolves when PostgreSQL knows. */
  readonly setAside: (ref: TurnRef) => Promise<void>
  /** A place got free that a turn in PostgreSQL may want. */
  readonly onRoom: () => void
}

/** A tenant that is at its cap on other workers is asked for again after this, in milliseconds. */
const cappedForMs = 400

type Next = 'finish' | 'forget' | 'leave' | 'leave-and-look' | 'leave-tenant' | 'nothing'

/** From what became of a turn to what becomes of its record; only a turn that ended makes room for another of its tenant. */
const whatIsNext: Readonly<Record<RunOutcome, Next>> = {
  ended: 'finish',
  held: 'forget',
  // Another worker has it. Or a crash of PostgreSQL lost the claim, and nobody has it: then it must be found soon.
  fenced: 'leave',
  unannounced: 'forget',
  behind: 'leave-and-look',
  capped: 'leave-tenant',
  // It is looked for again on the timer only, so that what breaks off at once does not spin.
  error: 'leave',
  abandoned: 'nothing',
}

export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #queue: TurnQueue<OfferedTurn>
  /** Tenants that may have turns set aside. */
  readonly #aside = new Set<string>()
  readonly #cappedUntil = new Map<string, number>()
  #draining = false
  #onIdle: (() => void) | undefined

  constructor(ports: DispatcherPorts, capacity: number) {
    this.#ports = ports
    this.#queue = new TurnQueue({ capacity, limitOf: ports.limitOf })
    ports.metrics.capacity.set(capacity)
  }

  get running(): number {
    return this.#queue.running
  }

  /** How many turns of PostgreSQL could start now, and of which tenants none. */
  get wanted(): { readonly limit: number; readonly exceptTenants: readonly string[] } {
    const now = performance.now()
    for (const [tenant, until] of this.#cappedUntil) if (until <= now) this.#cappedUntil.delete(tenant)
    const exceptTenants = [...new Set([...this.#queue.fullTenants, ...this.#cappedUntil.keys()])]
    return { limit: this.#draining ? 0 : this.#queue.room, exceptTenants }
  }

  offer(offered: OfferedTurn): void {
    if (this.#draining) return
    const turn = { ...offered, finish: () => this.#finish(offered) }
    const mustWait = this.#queue.isBusy
    switch (this.#queue.offer(turn)) {
      case 'queued':
        // It keeps its place in the queue; whoever is the first to claim it runs it.
        if (mustWait) void this.#leave(turn)
        this.#fill()
        return
      case 'known':
        turn.finish()
        return
      case 'full':
        void this.#leave(turn)
        return
    }
  }

  /** Takes what was found in PostgreSQL. `all`: there was no more to find for tenants that are not excepted. */
  take(refs: readonly TurnRef[], { limit, exceptTenants }: Dispatcher['wanted']): void {
    if (refs.length < limit) {
      const waiting = new Set([...exceptTenants, ...refs.map(({ tenant }) => tenant)])
      for (const tenant of this.#aside) if (!waiting.has(tenant)) this.#aside.delete(tenant)
    }
    this.#ports.metrics.takenUp.inc(refs.length)
    for (const ref of refs) this.offer({ ref, from: 'store', finish: () => {} })
  }

  /** Starts nothing more. Resolves when no turn runs, or after `ms`; true: none runs. */
  async drain(ms: number): Promise<boolean> {
    this.#draining = true
    this.#queue.withdrawAll()
    this.#fill()
    if (this.running === 0) return true
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
    return this.running === 0
  }

  #fill(): void {
    for (let turn = this.#queue.next(); turn !== undefined; turn = this.#queue.next()) void this.#work(turn)
    this.#ports.metrics.running.set(this.#queue.running)
    this.#ports.metrics.queued.set(this.#queue.waiting)
  }

  async #work(turn: OfferedTurn): Promise<void> {
    const outcome = await this.#run(turn)
    this.#ports.metrics.runs.inc({ outcome })
    this.#queue.ended(turn)
    this.#settle(turn, outcome)
    this.#fill()
    if (this.#queue.running === 0) this.#onIdle?.()
  }

  async #run(turn: OfferedTurn): Promise<RunOutcome> {
    try {
      return await this.#ports.run(turn)
    } catch (thrown) {
      const error = asKonstructError(thrown)
      this.#ports.log.error('turn broke off', { ...turn.ref, code: error.code, error })
      return 'error'
    }
  }

  #settle(turn: OfferedTurn, outcome: RunOutcome): void {
    const { tenant } = turn.ref
    switch (whatIsNext[outcome]) {
      case 'finish':
        turn.finish()
        this.#cappedUntil.delete(tenant)
        if (turn.from === 'store' || this.#aside.has(tenant)) this.#ports.onRoom()
        return
      case 'forget':
        turn.finish()
        return
      case 'leave':
        void this.#leave(turn)
        return
      case 'leave-and-look':
        // What it waited for may have happened while it was set aside.
        void this.#leave(turn).then(() => this.#ports.onRoom())
        return
      case 'leave-tenant':
        this.#cappedUntil.set(tenant, performance.now() + cappedForMs)
        for (const other of [turn, ...this.#queue.withdraw(tenant)]) void this.#leave(other)
        return
      case 'nothing':
        return
    }
  }

  /** A record that stays unfinished comes again, and does no harm; the turn goes on. */
  #finish({ ref, finish }: OfferedTurn): void {
    try {
      finish()
    } catch (thrown) {
      const error = asKonstructError(thrown)
      this.#ports.log.error('record cannot be marked as finished', { ...ref, code: error.code, error })
    }
  }

  /** Leaves a turn to whoever has a place free; one that was found in PostgreSQL is there already. */
  async #leave(turn: OfferedTurn): Promise<void> {
    this.#aside.add(turn.ref.tenant)
    if (turn.from === 'store') return
    this.#ports.metrics.setAside.inc()
    await this.#ports.setAside(turn.ref)
    turn.finish()
  }
}
