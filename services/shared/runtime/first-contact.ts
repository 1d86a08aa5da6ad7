// Whether the stores let this process in, from its start until each has answered once.
//
//   asking ──answers──▶ met, for good
//      └──refuses──▶ refused: said once per reason, and not ready ──answers──▶ met
//
// A store that is away makes nobody unready here: it may be away for all, and comes back by itself. One that refuses us
// (its certificate is not trusted, the password is wrong) means that we are set up wrongly: a rollout then stops at the
// first pod, before it has replaced those that work.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from './admin-server.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { Log } from './log.ts'

/** Each resolves when the store has answered. */
type StoreChecks = Readonly<Record<string, () => Promise<unknown>>>

const askEveryMs = 1_000

export class FirstContact {
  readonly #log: Log
  readonly #checks: StoreChecks
  /** Why a store refuses us, by its name. */
  readonly #refused = new Map<string, string>()
  readonly #stopping = new AbortController()

  constructor({ log }: { readonly log: Log }, checks: StoreChecks) {
    this.#log = log
    this.#checks = checks
    for (const store of Object.keys(checks)) void this.#meet(store)
  }

  /** For readiness: a line per store. */
  get ready(): readonly Check[] {
    return Object.keys(this.#checks).map((store) => [`${store}-access`, () => !this.#refused.has(store)])
  }

  /** An answer that is still waited for no longer counts. */
  stop(): void {
    this.#stopping.abort()
  }

  async #meet(store: string): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted && !(await this.#answers(store)))
      await sleep(askEveryMs, undefined, { signal }).catch(() => {})
  }

  async #answers(store: string): Promise<boolean> {
    try {
      await this.#checks[store]?.()
    } catch (thrown) {
      if (!this.#stopping.signal.aborted) this.#judge(store, thrown)
      return false
    }
    if (this.#refused.delete(store)) this.#log.info('store lets this process in', { resource: store })
    return true
  }

  #judge(store: string, error: unknown): void {
    const reason = explainRefusal(error)
    // Away for a moment between two refusals, it has not changed its mind.
    if (reason === undefined || this.#refused.get(store) === reason) return
    this.#refused.set(store, reason)
    this.#log.error('store refuses this process', { resource: store, reason, error })
  }
}
