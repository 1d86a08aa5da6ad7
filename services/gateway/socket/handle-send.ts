// The way of a web message through the gateway: admit ▶ store ▶ show and queue ▶ tell the client.
//
// `accepted` is a promise that the message will be answered, so it is made last, when PostgreSQL has the message and Kafka
// has its turn. Whatever fails before makes an `error` frame; the client sends the same id again, which finds what was
// stored and goes on from there, also where it would not be admitted by now. Redis only shows: while it is away, messages
// are taken all the same.
//
// PostgreSQL's commit waits for its disk. The turn is being queued meanwhile, which is what the answer waits for most: a
// worker that gets it first waits for the commit, and finds nothing to do if that fails.
//
// A socket that does not follow the conversation yet joins while the turn is being queued: what the orchestrator writes
// meanwhile is in the stream, which is read after listening has begun, so nothing can fall between the two.
import type { SendFrame, StreamEvent, StreamPosition } from '../../shared/domain/frames.ts'
import { admitMessage, type AdmissionPorts } from '../../shared/intake/admit-message.ts'
import { publishTurn, type PublishPorts } from '../../shared/intake/publish-turn.ts'
import { webchatResponseKey } from '../../shared/redis/keys.ts'
import { appendEvents, questionFlush } from '../../shared/redis/live-stream.ts'
import { asKonstructError } from '../../shared/runtime/errors.ts'
import {
  appendUserMessage,
  findUserMessage,
  type StoredUserMessage,
} from '../../shared/store/append-user-message.ts'
import type { Database } from '../../shared/store/database.ts'
import type { Wish } from '../live/answer-join.ts'
import { limitUser, type UserLimit } from '../limit-user.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { assertMayFollow, followConversation, type FollowPorts } from './follow-conversation.ts'
import type { Session } from './session.ts'

export interface SendPorts extends FollowPorts {
  readonly admission: AdmissionPorts
  readonly database: Database
  readonly publication: PublishPorts
  readonly metrics: GatewayMetrics
  /** What one user may ask for without saying anything. */
  readonly asks: UserLimit
}

export const handleSend = async (ports: SendPorts, session: Session, frame: SendFrame): Promise<void> => {
  const { tenant } = session.visit
  const stopTimer = ports.metrics.acceptSeconds.startTimer({ hop: 'total' })
  try {
    const stored = await store(ports, session, frame)
    // In this order: the turn has the longer way, so its own events come behind these.
    const announced = stored.published ? null : announce(ports, session, { frame, stored })
    const queued = stored.published
      ? null
      : timed(ports, 'publish', () => queue(ports, session, frame, stored.turn))
    await Promise.all([follow(ports, session, { frame, announced }), queued])
    const { id, conversation } = frame
    session.send({ type: 'accepted', id, conversation, message: stored.message.id, turn: stored.turn })
    ports.metrics.messages.inc({ tenant, outcome: 'accepted' })
    stopTimer()
  } catch (thrown) {
    ports.metrics.messages.inc({ tenant, outcome: asKonstructError(thrown).code })
    throw thrown
  }
}

interface Stored {
  readonly frame: SendFrame
  readonly stored: StoredUserMessage
}

const timed = async <Result>(
  { metrics }: SendPorts,
  hop: string,
  work: () => Promise<Result>,
): Promise<Result> => {
  const stop = metrics.acceptSeconds.startTimer({ hop })
  const result = await work()
  stop()
  return result
}

const store = async (ports: SendPorts, session: Session, frame: SendFrame): Promise<StoredUserMessage> => {
  const { tenant, roles } = session.visit
  const { agent, text, conversation } = frame
  const approach = { tenant, roles, agent, text, channel: 'web' } as const
  const admitted = await timed(ports, 'admit', () => admitMessage(ports.admission, approach)).catch(
    (refusal: unknown) => findAccepted(ports, session, { frame, refusal }),
  )
  if ('turn' in admitted) return admitted
  assertMayFollow(ports, session, conversation)
  const message = { ...nameOf(session, frame), text, ...admitted }
  const stopWritten = ports.metrics.acceptSeconds.startTimer({ hop: 'written' })
  const onWritten = (turn: string): void => {
    stopWritten()
    // Nobody waits for it yet: it is asked for again when the message is stored, and its outcome told then.
    queue(ports, session, frame, turn).catch(() => {})
  }
  return timed(ports, 'append', () => appendUserMessage(ports.database, message, { onWritten }))
}

const nameOf = ({ visit }: Session, { id, conversation, agent }: SendFrame) =>
  ({
    tenant: visit.tenant,
    user: visit.user,
    conversation,
    agent,
    clientMessageId: id,
    channel: 'web',
  }) as const

interface Refused {
  readonly frame: SendFrame
  readonly refusal: unknown
}

/**
 * What was accepted stays accepted, whatever became of the rate, the agent or the limits since. Only a send that is refused
 * is looked for, and no oftener than its user may ask, so that PostgreSQL is not loaded by what is not let in.
 */
const findAccepted = async (
  ports: SendPorts,
  session: Session,
  { frame, refusal }: Refused,
): Promise<StoredUserMessage> => {
  const { rule, code } = asKonstructError(refusal)
  if (code === 'TENANT_SUSPENDED' || (rule.kind !== 'caller' && rule.kind !== 'limit')) throw refusal
  limitUser(ports.asks, session.visit)
  const stored = await findUserMessage(ports.database, nameOf(session, frame))
  if (stored === null) throw refusal
  return stored
}

const eventsOf = ({ message, turn }: StoredUserMessage): readonly StreamEvent[] => [
  { kind: 'message', message },
  { kind: 'state', turn, state: 'queued' },
]

/**
 * All who follow the conversation see the message. Null when Redis is away: then nobody is shown anything now, and
 * history has it.
 */
const announce = async (
  ports: SendPorts,
  { visit }: Session,
  { frame, stored }: Stored,
): Promise<StreamPosition | null> => {
  const key = webchatResponseKey(visit.tenant, frame.conversation)
  const names = { flush: questionFlush(stored.turn), before: `${stored.turn}/` }
  try {
    return await timed(ports, 'events', () =>
      appendEvents(ports.admission.redis, key, eventsOf(stored), names),
    )
  } catch (thrown) {
    if (asKonstructError(thrown).code !== 'REDIS_UNAVAILABLE') throw thrown
    return null
  }
}

interface Announced {
  readonly frame: SendFrame
  /** Null inside: Redis is away. Null itself: it was announced before. */
  readonly announced: Promise<StreamPosition | null> | null
}

/** A sender follows the conversation from here on. */
const follow = async (ports: SendPorts, session: Session, { frame, announced }: Announced): Promise<void> => {
  const { conversation } = frame
  const position = await announced
  if (session.following.has(conversation)) return
  await timed(ports, 'follow', () => followConversation(ports, session, conversation, wishBefore(position)))
}

/** A socket that joins by sending sees the conversation as it was, and then its own message come. */
const wishBefore = (position: StreamPosition | null): Wish =>
  position === null
    ? { kind: 'all' }
    : { kind: 'asOf', position: { epoch: position.epoch, seq: position.seq - 2 } }

/** However often it is asked for, a turn is one record while PostgreSQL has not been told of it. */
const queue = (
  { publication }: SendPorts,
  { visit }: Session,
  { conversation }: SendFrame,
  turn: string,
): Promise<void> => publishTurn(publication, { tenant: visit.tenant, conversation, turn })
