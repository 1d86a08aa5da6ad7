// Queues a stored turn in Kafka. Resolves when all in-sync replicas have it: only then may the user be told `accepted`.
import { encodeTurn } from '../bus/codecs/turn-v1.ts'
import type { MessageLog } from '../bus/message-log.ts'
import type { TurnRef } from '../domain/turn.ts'
import type { UnconfirmedTurns } from './unconfirmed-turns.ts'

export interface PublishPorts {
  readonly messageLog: Pick<MessageLog, 'publish'>
  /** The topic of turns, with its prefix. */
  readonly topic: string
  readonly unconfirmed: UnconfirmedTurns
}

/** Repeats at the same time become one record. @throws KonstructError `BUS_UNAVAILABLE` within 10 s. */
export const publishTurn = (ports: PublishPorts, ref: TurnRef): Promise<void> =>
  ports.unconfirmed.publishOnce(ref, () =>
    ports.messageLog.publish(ports.topic, [encodeTurn({ ...ref, enqueuedAt: Date.now() })]),
  )
