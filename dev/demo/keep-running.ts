// Keeps one program running, as Kubernetes keeps a container: when it ends by itself it is started again, after a
// wait that doubles with every quick end, and a person is told.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../parts/part.ts'

export interface Runnable {
  readonly exited: Promise<unknown>
  stop(): Promise<void>
}

export interface Kept {
  readonly name: string
  /** Ends it in order; it is not started again. */
  stop(): Promise<void>
}

interface KeepOptions<Program extends Runnable> {
  readonly name: string
  readonly start: () => Promise<Program>
  readonly report: Report
}

const shortestWaitMs = 500
const longestWaitMs = 30_000
/** A program that ran this long, in milliseconds, starts again with the shortest wait. */
const steadyMs = 60_000

/** Resolves when it runs for the first time. @throws what the first start throws. */
export const keepRunning = async <Program extends Runnable>(
  options: KeepOptions<Program>,
): Promise<Kept & { readonly first: Program }> => {
  const first = await options.start()
  const stopping = new AbortController()
  const current: { program: Runnable } = { program: first }
  const kept = keep(options, current, stopping.signal)
  return {
    name: options.name,
    first,
    stop: async () => {
      stopping.abort()
      await current.program.stop()
      await kept
    },
  }
}

const keep = async <Program extends Runnable>(
  { name, start, report }: KeepOptions<Program>,
  current: { program: Runnable },
  stopping: AbortSignal,
): Promise<void> => {
  let waitMs = shortestWaitMs
  let startedAt = performance.now()
  // What someone else runs does not end when it is asked to.
  const asked = once(stopping, 'abort')
  for (;;) {
    await Promise.race([current.program.exited, asked])
    if (stopping.aborted) return
    waitMs = performance.now() - startedAt > steadyMs ? shortestWaitMs : Math.min(waitMs * 2, longestWaitMs)
    report(`${name} ended; it starts again in ${(waitMs / 1_000).toFixed(0)} s.`)
    await sleep(waitMs, undefined, { signal: stopping }).catch(() => {})
    if (stopping.aborted) return
    startedAt = performance.now()
    try {
      current.program = await start()
      if (stopping.aborted) return await current.program.stop()
      report(`${name} runs again.`)
    } catch (thrown) {
      report(`${name} did not start: ${(thrown as Error).message}`)
      current.program = { exited: Promise.resolve(), stop: () => Promise.resolve() }
    }
  }
}
