// What the orchestrator tells Prometheus. Labels are words from fixed lists, never a tenant or a conversation.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { ModelFault } from './models/model.ts'

/** From 5 ms, a model that answers at once, to half a minute, the usual limit. In seconds. */
const firstDeltaBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
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
  /** By `TurnEnd`. */
  readonly turns: Counter<'state'>
  /** By `RunOutcome`. */
  readonly runs: Counter<'outcome'>
  readonly firstDelta: Histogram
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
  readonly open: Gauge
}

const prefixed = (name: string): string => `konstruct_orchestrator_${name}`

export const createMetrics = (): OrchestratorMetrics => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = <Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) =>
    new Counter<Label>({ name: prefixed(name), help, labelNames: labels, registers })
  const gauge = (name: string, help: string) => new Gauge({ name: prefixed(name), help, registers })
  return {
    registry,
    turns: counter('turns_total', 'Turns that ended, by end state.', ['state']),
    runs: counter('runs_total', 'What became of each turn that was handed to a worker.', ['outcome']),
    firstDelta: new Histogram({
      name: prefixed('first_delta_seconds'),
      help: 'From taking a turn to its first word.',
      buckets: firstDeltaBuckets,
      registers,
    }),
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
    running: gauge('turns_running', 'Turns that run in this process.'),
    queued: gauge('turns_queued', 'Turns that wait in this process.'),
    capacity: gauge('turns_capacity', 'Turns that this process runs at most.'),
    open: gauge('turns_open', 'Turns of all tenants that wait or run anywhere, sampled.'),
  }
}

/** Notes what a step took, in milliseconds. */
export const noteHop = ({ hops }: Pick<OrchestratorMetrics, 'hops'>, hop: Hop, ms: number): void =>
  hops.observe({ hop }, Math.max(ms, 0) / 1_000)
