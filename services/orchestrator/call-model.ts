// Asks the model, and asks again where that can help: within the model's time-outs, and only before the first event.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../shared/runtime/log.ts'
import type { OrchestratorMetrics } from './metrics.ts'
import { retryDelay } from './model-retries.ts'
import {
  ModelFailure,
  type ModelEvent,
  type ModelFault,
  type ModelPort,
  type ModelRequest,
} from './models/model.ts'

export interface ModelCallPorts {
  readonly models: ModelPort
  readonly metrics: OrchestratorMetrics
  readonly log: Log
}

interface CallOptions {
  readonly signal: AbortSignal
  /** Told whenever that changes: whether the model has read the prompt, or may have. At first it has not. */
  readonly noteRead: (mayHaveRead: boolean) => void
}

/** The model was not reached, or sent the request back: it has read nothing. */
const unread: ReadonlySet<ModelFault> = new Set(['connection', 'rate_limited', 'server_error', 'refused'])

/**
 * The events of one answer; the last one is `finish`. Ends early, without a word, once the signal is aborted.
 * @throws ModelFailure
 */
export async function* callModel(
  ports: ModelCallPorts,
  request: ModelRequest,
  { signal, noteRead }: CallOptions,
): AsyncGenerator<ModelEvent> {
  const late = new AbortController()
  const lateAfterMs = request.model.timeouts.totalSeconds * 1_000
  const deadline = performance.now() + lateAfterMs
  const timer = setTimeout(() => late.abort(new ModelFailure('late')), lateAfterMs)
  const either = AbortSignal.any([signal, late.signal])
  try {
    for (let retried = 0; !signal.aborted; retried += 1) {
      noteRead(true)
      const failure = yield* askOnce(ports.models, request, either)
      if (signal.aborted || failure === null) return
      if (late.signal.aborted) throw late.signal.reason
      // Behind the two: a request that was given up breaks off as if its model could not be reached.
      if (!failure.begun && unread.has(failure.failure.fault)) noteRead(false)
      const waitMs = failure.begun ? null : retryDelay(failure.failure, retried, Math.random)
      // A wait that cannot be followed by an answer would only keep the user waiting.
      if (waitMs === null || performance.now() + waitMs >= deadline) throw failure.failure
      report(ports, request, failure.failure, waitMs)
      await sleep(waitMs, undefined, { signal: either }).catch(() => {})
    }
  } finally {
    clearTimeout(timer)
  }
}

interface Failed {
  readonly failure: ModelFailure
  /** An event was given before. */
  readonly begun: boolean
}

/** One request, cut off when no token comes for too long. Gives null when it finished. */
async function* askOnce(
  models: ModelPort,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failed | null> {
  const { firstTokenSeconds, idleSeconds } = request.model.timeouts
  const silence = new AbortController()
  const giveUp = (): void => silence.abort(new ModelFailure('silence'))
  let timer = setTimeout(giveUp, firstTokenSeconds * 1_000)
  let begun = false
  try {
    for await (const event of models.stream(request, AbortSignal.any([signal, silence.signal]))) {
      begun = true
      clearTimeout(timer)
      timer = setTimeout(giveUp, idleSeconds * 1_000)
      yield event
      if (event.kind === 'finish') return null
    }
    return { failure: (silence.signal.reason as ModelFailure | undefined) ?? new ModelFailure('cut'), begun }
  } catch (thrown) {
    if (silence.signal.aborted) return { failure: silence.signal.reason as ModelFailure, begun }
    if (thrown instanceof ModelFailure) return { failure: thrown, begun }
    if (signal.aborted) return { failure: new ModelFailure('cut'), begun }
    throw thrown
  } finally {
    clearTimeout(timer)
  }
}

const report = (
  { metrics, log }: ModelCallPorts,
  { tenant }: ModelRequest,
  { fault }: ModelFailure,
  waitMs: number,
): void => {
  metrics.modelRetries.inc({ fault })
  log.info('model is asked again', { tenant, reason: fault, ms: Math.round(waitMs) })
}
