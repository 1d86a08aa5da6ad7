// What the orchestrator tells Prometheus. Labels are words from fixed lists, or a tenant, never a user or a conversation. A
// tenant costs each process 15 series while it is known, so what it is shown is coarse; the fine buckets are for all together.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { forgetTenant } from '../shared/runtime/forget-tenant.ts'
import { createRegistry } from '../shared/runtime/process-metrics.ts'
import { turnEnds, type TurnEnd } from '../shared/domain/turn.ts'
import type { ModelFault, Usage } from './models/model.ts'

/** From 5 ms, a model that answers at once, to half a minute, the usual limit. In seconds. */
const firstDeltaBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** A tenant's: enough to tell quick from slow, in seconds. */
const coarseBuckets = [0.25, 0.5, 1, 2.5, 5, 10, 30]
/** From a model that answers at once to the longest that a Tenant may allow, in seconds. */
const replyBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600]
/** From a look into Redis to a store that is away. In seconds. */
const hopBuckets = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * What lies between a record in Kafka and the first word in Redis. `kafka`: published → taken, by the clocks of two
 * machines, so no better than they agree. `claim`, `context`. `model`: asked → first word. `flush`: first word → Redis has it.
 */
type Hop = 'kafka' | 'claim' | 'context' | 'model' | 'flush'

/** What became of a turn that was handed to a worker. */
export type RunOutcome =
  'ended' | 'held' | 'behind' | 'capped' | 'fenced' | 'unannounced' | 'abandoned' | 'error'

/** How the answer of a model ended. */
export type ModelResult = 'finished' | 'stopped' | ModelFault

export interface OrchestratorMetrics {
  readonly registry: Registry
  /** Tenants that are gone: their last turns may still end here, and would bring their series back for good. */
  readonly gone: Set<string>
  /** By `TurnEnd`. */
  readonly turns: Counter<'tenant' | 'state'>
  /** `direction`: `input` is what the model read, `output` what it wrote. */
  readonly tokens: Counter<'tenant' | 'direction'>
  /** By `RunOutcome`. */
  readonly runs: Counter<'outcome'>
  readonly firstDelta: Histogram
  readonly tenantFirstDelta: Histogram<'tenant'>
  readonly reply: Histogram
  /** By `Hop`. */
  readonly hops: Histogram<'hop'>
  /** By `ModelResult`. */
  readonly modelCalls: Counter<'result'>
  readonly modelRetries: Counter<'fault'>
  readonly usageEstimated: Counter
  readonly flushes: Counter<'result'>
  readonly setAside: Counter
  readonly takenUp: Counter
  readonly deadLetters: Counter
  readonly running: Gauge
  readonly queued: Gauge
  readonly capacity: Gauge
  readonly draining: Gauge
}

const prefixed = (name: string): string => `konstruct_orchestrator_${name}`

export const createMetrics = (): OrchestratorMetrics => {
  const registry = createRegistry()
  const registers = [registry]
  const counter = <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) =>
    new Counter<Label>({ name: prefixed(name), help, labelNames: labels, registers })
  const gauge = (name: string, help: string) => new Gauge({ name: prefixed(name), help, registers })
  return {
    registry,
    gone: new Set(),
    turns: counter('turns_total', 'Turns that ended, by end state.', ['tenant', 'state']),
    tokens: counter('tokens_total', 'Tokens of saved replies, by direction.', ['tenant', 'direction']),
    runs: counter('runs_total', 'What became of each turn that was handed to a worker.', ['outcome']),
    ...timesOf(registers),
    hops: new Histogram({
      name: prefixed('hop_seconds'),
      help: 'What each step on the way to the first word takes.',
      labelNames: ['hop'],
      buckets: hopBuckets,
      registers,
    }),
    modelCalls: counter('model_calls_total', 'Answers of models: finished, stopped or a fault.', ['result']),
    modelRetries: counter('model_retries_total', 'Times a model was asked again, by fault.', ['fault']),
    usageEstimated: counter('usage_estimated_total', 'Turns whose tokens the model did not tell.'),
    flushes: counter('flushes_total', 'Writes to live streams, by result.', ['result']),
    setAside: counter('set_aside_total', 'Turns left in PostgreSQL to be taken up later.'),
    takenUp: counter('taken_up_total', 'Turns found in PostgreSQL.'),
    deadLetters: counter('dead_letters_total', 'Records that could not be read.'),
    running: gauge('turns_running', 'Turns that run in this process. Take the sum over pods.'),
    queued: gauge('turns_queued', 'Turns that wait in this process. Take the sum over pods.'),
    capacity: gauge('turns_capacity', 'Turns that this process runs at most. Take the sum over pods.'),
    draining: gauge('draining', '1 while this process starts no more turns in order to end.'),
  }
}

const timesOf = (registers: Registry[]) => ({
  firstDelta: new Histogram({
    name: prefixed('first_delta_seconds'),
    help: 'From taking a turn to its first word.',
    buckets: firstDeltaBuckets,
    registers,
  }),
  tenantFirstDelta: new Histogram({
    name: prefixed('tenant_first_delta_seconds'),
    help: 'From taking a turn to its first word, by tenant and coarser.',
    labelNames: ['tenant'],
    buckets: coarseBuckets,
    registers,
  }),
  reply: new Histogram({
    name: prefixed('reply_seconds'),
    help: 'From taking a turn to its saved reply, however it ended.',
    buckets: replyBuckets,
    registers,
  }),
})

/** Begins a tenant's counters at 0, so that its first failure is seen to be one more; forgets all of one that is gone. */
export const followTenant = (metrics: OrchestratorMetrics, tenant: string, isKnown: boolean): void => {
  const { turns, tokens, tenantFirstDelta, gone } = metrics
  if (!isKnown) {
    gone.add(tenant)
    return forgetTenant([turns, tokens, tenantFirstDelta], tenant)
  }
  gone.delete(tenant)
  for (const state of turnEnds) turns.inc({ tenant, state }, 0)
  for (const direction of ['input', 'output']) tokens.inc({ tenant, direction }, 0)
  tenantFirstDelta.zero({ tenant })
}

interface EndedTurn {
  readonly tenant: string
  readonly state: TurnEnd
  /** When it was taken, by `performance.now()`. */
  readonly startedAt: number
}

export const noteEnd = (
  { turns, reply, gone }: OrchestratorMetrics,
  { tenant, state, startedAt }: EndedTurn,
): void => {
  if (!gone.has(tenant)) turns.inc({ tenant, state })
  reply.observe((performance.now() - startedAt) / 1_000)
}

export const noteFirstDelta = (
  { firstDelta, tenantFirstDelta, gone }: OrchestratorMetrics,
  tenant: string,
  startedAt: number,
): void => {
  const seconds = (performance.now() - startedAt) / 1_000
  firstDelta.observe(seconds)
  if (!gone.has(tenant)) tenantFirstDelta.observe({ tenant }, seconds)
}

export const noteTokens = (
  { tokens, gone }: OrchestratorMetrics,
  tenant: string,
  { inputTokens, outputTokens }: Usage,
): void => {
  if (gone.has(tenant)) return
  tokens.inc({ tenant, direction: 'input' }, inputTokens)
  tokens.inc({ tenant, direction: 'output' }, outputTokens)
}

/** Notes what a step took, in milliseconds. */
export const noteHop = ({ hops }: Pick<OrchestratorMetrics, 'hops'>, hop: Hop, ms: number): void =>
  hops.observe({ hop }, Math.max(ms, 0) / 1_000)
