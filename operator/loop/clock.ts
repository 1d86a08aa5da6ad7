// Time as a port, so that a test of a deadline of two minutes takes no time.

export interface Clock {
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  now(): number
  /** The time of day: for people to read, and for what has to outlast the process, such as since when a condition holds. */
  timeOfDay(): Date
  /** Calls `run` once, `ms` from now. The returned function takes it back. */
  after(ms: number, run: () => void): () => void
}

/** Node takes a longer wait for none at all. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  timeOfDay: () => new Date(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(ms, longestMs))
    return () => clearTimeout(timer)
  },
}

/** Waits `ms`, or less when the signal aborts; it never throws, so the caller looks at the signal. */
export const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end, { once: true })
  })
