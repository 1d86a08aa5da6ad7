// One operator works, the others stand by, warm. Who works is written in a Lease, with client-go's numbers and rules:
//   standby   looks at the lease every 2 s; takes it when its holder has not renewed it for 15 s, or gave it back
//   leading   renews it every 2 s
//   lost      could not renew for 10 s, or someone else has it. Final: the process must exit, for it can't know
//             what its half-done work would overwrite
// The holder's clock is never read: what counts is how long *we* have seen no change. Every write carries the version
// that was read, so of two that try at once the API server lets one through.
import { asKonstructError, KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Log } from '../../services/shared/runtime/log.ts'
import { pause, type Clock } from './clock.ts'

export interface Lease {
  /** Empty: nobody's. */
  readonly holder: string
  readonly durationSeconds: number
  readonly acquired: Date
  readonly renewed: Date
  /** How often it changed hands. */
  readonly transitions: number
}

/** A lease as it was read; `version` goes back with the write. */
export interface StoredLease extends Lease {
  readonly version: string
}

/** Where the lease is kept. A write that lost against another throws KonstructError `KUBE_CONFLICT`. */
export interface LeaseStore {
  read(signal: AbortSignal): Promise<StoredLease | undefined>
  create(lease: Lease, signal: AbortSignal): Promise<StoredLease>
  update(lease: StoredLease, signal: AbortSignal): Promise<StoredLease>
}

interface ElectionPorts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly log: Log
  /** Told at the start and at each change. */
  readonly leads: (leading: boolean) => void
}

interface ElectionOptions {
  /** Who we are: the pod's name, and something that a restart changes. */
  readonly identity: string
  readonly onElected: () => void
  readonly onLost: () => void
}

const leaseMs = 15_000
const renewMs = 10_000
const everyMs = 2_000

export class LeaderElection {
  readonly #ports: ElectionPorts
  readonly #options: ElectionOptions
  readonly #stop = new AbortController()
  #state: 'standby' | 'leading' | 'lost' = 'standby'
  #seen: StoredLease | undefined
  #seenAt = 0
  /** When the last renewal that succeeded was sent: others count from later. */
  #renewedAt = 0
  #cancelWatchdog: () => void = () => {}
  #ended: Promise<void> = Promise.resolve()

  constructor(ports: ElectionPorts, options: ElectionOptions) {
    this.#ports = ports
    this.#options = options
    ports.leads(false)
  }

  start(): void {
    this.#ended = this.#run()
  }

  /** Whether we may write now; ask right before each write. */
  leads(): boolean {
    return this.#state === 'leading' && this.#ports.clock.now() - this.#renewedAt < renewMs
  }

  /** Gives the lease back, so that a standby need not wait it out. Call it when the last write is done. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
    this.#cancelWatchdog()
    const held = this.#seen
    if (this.#state === 'lost' || held?.holder !== this.#options.identity) return
    this.#become('standby')
    const freed = { ...held, holder: '', durationSeconds: 1, renewed: this.#ports.clock.timeOfDay() }
    await this.#within((signal) => this.#ports.store.update(freed, signal)).catch((error: unknown) =>
      this.#ports.log.warn('lease not released', { error }),
    )
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports
    while (!this.#stop.signal.aborted && this.#state !== 'lost') {
      try {
        await this.#acquireOrRenew()
      } catch (thrown) {
        const error = asKonstructError(thrown)
        if (error.code !== 'KUBE_CONFLICT') log.warn('lease not reached', { code: error.code, error })
      }
      await pause(clock, everyMs, this.#stop.signal)
    }
  }

  async #acquireOrRenew(): Promise<void> {
    const { store, clock } = this.#ports
    const sent = clock.now()
    const lease = await this.#within((signal) => store.read(signal))
    this.#notice(lease)
    const mine = lease?.holder === this.#options.identity
    if (this.#state === 'leading' && !mine) return this.#lose()
    if (lease !== undefined && !mine && !this.#isOver(lease)) return
    const next = this.#claim(lease, mine)
    const written = await this.#within((signal) =>
      lease === undefined
        ? store.create(next, signal)
        : store.update({ ...next, version: lease.version }, signal),
    )
    this.#notice(written)
    this.#renewed(sent)
  }

  #renewed(sent: number): void {
    const { clock, log } = this.#ports
    if (this.#state === 'lost') return
    this.#renewedAt = sent
    this.#cancelWatchdog()
    this.#cancelWatchdog = clock.after(sent + renewMs - clock.now(), () => this.#lose())
    if (this.#state === 'leading' || this.#stop.signal.aborted) return
    this.#become('leading')
    log.info('leading')
    this.#options.onElected()
  }

  #claim(lease: Lease | undefined, mine: boolean): Lease {
    const now = this.#ports.clock.timeOfDay()
    return {
      holder: this.#options.identity,
      durationSeconds: leaseMs / 1000,
      acquired: mine && lease !== undefined ? lease.acquired : now,
      renewed: now,
      transitions: lease === undefined ? 0 : lease.transitions + (mine ? 0 : 1),
    }
  }

  #notice(lease: StoredLease | undefined): void {
    const changed =
      lease?.holder !== this.#seen?.holder || +(lease?.renewed ?? 0) !== +(this.#seen?.renewed ?? 0)
    if (changed) this.#seenAt = this.#ports.clock.now()
    this.#seen = lease
  }

  #isOver(lease: Lease): boolean {
    return lease.holder === '' || this.#ports.clock.now() - this.#seenAt >= lease.durationSeconds * 1000
  }

  #become(state: 'standby' | 'leading' | 'lost'): void {
    this.#state = state
    this.#ports.leads(state === 'leading')
  }

  #lose(): void {
    if (this.#state !== 'leading') return
    this.#cancelWatchdog()
    this.#become('lost')
    this.#ports.log.error('leadership lost', { code: 'LEASE_LOST' })
    this.#options.onLost()
  }

  /** A call to the store that may not outlast the time in which it is of use. */
  async #within<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const cancel = this.#ports.clock.after(renewMs / 2, () =>
      late.abort(new KonstructError('KUBE_UNAVAILABLE')),
    )
    try {
      return await call(late.signal)
    } finally {
      cancel()
    }
  }
}
