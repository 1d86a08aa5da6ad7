// The turns that this process holds the lease of. A lease is prolonged as long as its turn runs, all in one statement.
//
//   begun → ended
//         → aborted, with the reason as the signal's: `stopped` by its user, `lost` to another worker, `abandoned` at
//           the end of this process
//
// While PostgreSQL is away nobody can claim anything, so a turn whose lease ran out meanwhile goes on; whether it is still
// ours is seen when PostgreSQL is back, and the fence of `saveReply` is what decides.
import type { TurnRef } from '../shared/domain/turn.ts'
import type { Log } from '../shared/runtime/log.ts'
import { asKonstructError } from '../shared/runtime/errors.ts'
import type { RenewedTurn } from '../shared/store/open-turns.ts'

export type AbortReason = 'stopped' | 'lost' | 'abandoned'

interface RunningTurnsPorts {
  readonly log: Log
  /** Gives the turns that are still this worker's. */
  readonly renew: (refs: readonly TurnRef[]) => Promise<readonly RenewedTurn[]>
}

interface Running {
  readonly ref: TurnRef
  readonly control: AbortController
  readonly loss: AbortController
}

/** Aborted with an `AbortReason`. */
export interface TurnSignals {
  /** When the turn is to be given up. */
  readonly signal: AbortSignal
  /**
   * When it is no longer this process': `lost` or `abandoned`, never `stopped`. A stopped reply is still to be saved, and
   * may be lost after that, which `signal` cannot tell any more.
   */
  readonly loss: AbortSignal
}

export class RunningTurns {
  readonly #ports: RunningTurnsPorts
  readonly #everyMs: number
  readonly #turns = new Map<string, Running>()
  #timer: NodeJS.Timeout | undefined
  #renewing: Promise<void> = Promise.resolve()
  #abandoned = false
  #closed = false

  constructor(ports: RunningTurnsPorts, everyMs: number) {
    this.#ports = ports
    this.#everyMs = everyMs
    this.#schedule()
  }

  begin(ref: TurnRef): TurnSignals {
    const control = new AbortController()
    const loss = new AbortController()
    this.#turns.set(ref.turn, { ref, control, loss })
    // Its claim was under way when all were given up.
    if (this.#abandoned) this.abort(ref.turn, 'abandoned')
    return { signal: control.signal, loss: loss.signal }
  }

  end(ref: TurnRef): void {
    this.#turns.delete(ref.turn)
  }

  abort(turn: string, reason: AbortReason): void {
    const running = this.#turns.get(turn)
    running?.control.abort(reason)
    if (reason !== 'stopped') running?.loss.abort(reason)
  }

  /** Those that run, and those that are begun from now on. */
  abandonAll(): void {
    this.#abandoned = true
    for (const turn of this.#turns.keys()) this.abort(turn, 'abandoned')
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#renewing
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew().then(() => this.#schedule())
    }, this.#everyMs)
  }

  async #renew(): Promise<void> {
    const asked = [...this.#turns.values()]
    if (asked.length === 0) return
    try {
      const renewed = await this.#ports.renew(asked.map(({ ref }) => ref))
      this.#judge(asked, new Map(renewed.map((turn) => [turn.turn, turn])))
    } catch (thrown) {
      const error = asKonstructError(thrown)
      this.#ports.log.warn('leases were not renewed', { code: error.code, count: asked.length, error })
    }
  }

  #judge(asked: readonly Running[], ours: ReadonlyMap<string, RenewedTurn>): void {
    for (const { ref } of asked) {
      const renewed = ours.get(ref.turn)
      if (renewed === undefined) this.abort(ref.turn, 'lost')
      else if (renewed.stopRequested) this.abort(ref.turn, 'stopped')
    }
  }
}

/** Why the turn was given up; undefined while it goes on. */
export const abortReason = (signal: AbortSignal): AbortReason | undefined =>
  signal.reason as AbortReason | undefined
