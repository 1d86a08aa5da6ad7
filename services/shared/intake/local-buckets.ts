// Token buckets in this process's memory: for what needs no sharing (a stranger's address, a socket) and for what
// must go on while Redis is away. Bounded: a bucket that was not asked for longest is forgotten first, which gives
// its owner a full one; so the bound must be far above the number of those who ask at once.
import type { Rate, WaitMs } from '../redis/token-bucket.ts'

interface Bucket {
  tokens: number
  at: number
}

/** About 100 bytes each. */
const mostBuckets = 100_000
/** How many are forgotten at a time: finding the oldest costs more the more were deleted before it. */
const forgottenAtOnce = 10_000

export class LocalBuckets {
  readonly #buckets = new Map<string, Bucket>()
  readonly #now: () => number

  /** `now` gives milliseconds that never run backwards. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Takes one token, or says how long to wait. */
  take(owner: string, { perMinute, burst }: Rate): WaitMs {
    const now = this.#now()
    const perMs = perMinute / 60_000
    const last = this.#buckets.get(owner) ?? { tokens: burst, at: now }
    const filled = Math.min(burst, last.tokens + (now - last.at) * perMs)
    const taken = filled >= 1
    this.#remember(owner, { tokens: taken ? filled - 1 : filled, at: now })
    return taken ? 0 : Math.ceil((1 - filled) / perMs)
  }

  #remember(owner: string, bucket: Bucket): void {
    this.#buckets.delete(owner)
    this.#buckets.set(owner, bucket)
    if (this.#buckets.size <= mostBuckets) return
    let left = forgottenAtOnce
    for (const oldest of this.#buckets.keys()) {
      if (left-- === 0) return
      this.#buckets.delete(oldest)
    }
  }
}
