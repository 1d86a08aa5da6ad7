// From a record of Kafka to an offered turn. A record that cannot be read goes to the dead letters, whole unless it is far
// too large to be ours, and is done with: it would be no more readable the next time.
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeDeadLetter } from '../shared/bus/codecs/dead-letter-v1.ts'
import { decodeTurn, type TurnRecord } from '../shared/bus/codecs/turn-v1.ts'
import type { LogRecord, MessageLog, Subscription } from '../shared/bus/message-log.ts'
import type { TopicNames } from '../shared/bus/topics.ts'
import { asKonstructError, type KonstructError } from '../shared/runtime/errors.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { OfferedTurn } from './dispatcher.ts'
import { noteHop, type OrchestratorMetrics } from './metrics.ts'

interface ConsumePorts {
  readonly bus: MessageLog
  readonly log: Log
  readonly metrics: OrchestratorMetrics
  readonly offer: (turn: OfferedTurn) => void
}

interface ConsumeOptions {
  readonly topics: TopicNames
  readonly group: string
  /** Unfinished records of one partition. */
  readonly window: number
  /** Aborted when the process ends. */
  readonly closing: AbortSignal
}

const pauseBetweenTriesMs = 1_000

export const consumeTurns = (ports: ConsumePorts, options: ConsumeOptions): Subscription => {
  const { topics, group, window } = options
  const finish = (record: LogRecord): void => subscription.finished(record)
  const onRecord = (record: LogRecord): void => {
    const read = readTurn(record)
    if (!('error' in read)) offer(ports, read, () => finish(record))
    else void bury(ports, options, { record, error: read.error }).then((buried) => buried && finish(record))
  }
  const subscription = ports.bus.subscribe({ topic: topics.turns, group, window, onRecord })
  return subscription
}

const offer = (ports: ConsumePorts, turn: TurnRecord, finish: () => void): void => {
  noteHop(ports.metrics, 'kafka', Date.now() - turn.enqueuedAt)
  ports.offer({ ref: turn, from: 'log', finish })
}

const readTurn = (record: LogRecord): TurnRecord | { readonly error: KonstructError } => {
  try {
    return decodeTurn(record)
  } catch (thrown) {
    return { error: asKonstructError(thrown) }
  }
}

interface Unreadable {
  readonly record: LogRecord
  readonly error: KonstructError
}

/** Tries until Kafka has it; false when the log was closed before that: the record comes again. */
const bury = async (
  { bus, log, metrics }: ConsumePorts,
  { topics, closing }: ConsumeOptions,
  { record, error }: Unreadable,
): Promise<boolean> => {
  const { topic, partition, offset } = record
  log.error('record cannot be read', { topic, partition, offset, code: error.code, error })
  const letter = encodeDeadLetter(record, error.code, Date.now())
  while (!closing.aborted) {
    try {
      await bus.publish(topics.deadLetters, [letter])
      metrics.deadLetters.inc()
      return true
    } catch (thrown) {
      log.warn('dead letter cannot be published', { topic, partition, offset, error: thrown })
      await sleep(pauseBetweenTriesMs, undefined, { signal: closing }).catch(() => {})
    }
  }
  return false
}
