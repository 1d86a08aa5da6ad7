// From a frame to the step that handles it. Each throws a KonstructError that becomes an `error` frame.
import type { ClientFrame, DecideFrame, StopFrame, SubscribeFrame } from '../../shared/domain/frames.ts'
import { webchatResponseKey } from '../../shared/redis/keys.ts'
import { announceStop } from '../../shared/redis/live-stream.ts'
import { asKonstructError, KonstructError } from '../../shared/runtime/errors.ts'
import { assertReadable } from '../../shared/store/history.ts'
import { requestStop } from '../../shared/store/request-stop.ts'
import { limitUser } from '../limit-user.ts'
import { followConversation } from './follow-conversation.ts'
import { handleSend, type SendPorts } from './handle-send.ts'
import type { Session } from './session.ts'

export const handleFrame = async (ports: SendPorts, session: Session, frame: ClientFrame): Promise<void> => {
  if (frame.type !== 'send') limitUser(ports.asks, session.visit)
  switch (frame.type) {
    case 'send':
      await handleSend(ports, session, frame)
      break
    case 'subscribe':
      await handleSubscribe(ports, session, frame)
      break
    case 'stop':
      await handleStop(ports, session, frame)
      break
    case 'decide':
      await handleDecide(ports, session, frame)
  }
}

/** @throws KonstructError `CONVERSATION_NOT_FOUND` */
const handleSubscribe = async (
  ports: SendPorts,
  session: Session,
  { conversation, after }: SubscribeFrame,
): Promise<void> => {
  if (!session.following.has(conversation)) await assertReadable(ports.database, session.visit, conversation)
  const wish =
    after === undefined ? ({ kind: 'all' } as const) : ({ kind: 'after', position: after } as const)
  await followConversation(ports, session, conversation, wish)
}

/**
 * The wish is kept in PostgreSQL; Redis only makes it known sooner. A turn that has ended needs no stopping, which is no
 * error: the end and the wish cross on the way. @throws KonstructError `CONVERSATION_NOT_FOUND`
 */
const handleStop = async (
  { database, admission }: SendPorts,
  { visit }: Session,
  { conversation, turn }: StopFrame,
): Promise<void> => {
  const { tenant, user } = visit
  const wanted = await requestStop(database, { tenant, conversation, turn }, user)
  if (!wanted) return assertReadable(database, visit, conversation)
  try {
    await announceStop(admission.redis, webchatResponseKey(tenant, conversation), turn)
  } catch (thrown) {
    if (asKonstructError(thrown).code !== 'REDIS_UNAVAILABLE') throw thrown
  }
}

/** No tool asks for a confirmation yet, so none can be answered. @throws KonstructError, always */
const handleDecide = async (
  { database }: SendPorts,
  { visit }: Session,
  { conversation }: DecideFrame,
): Promise<void> => {
  await assertReadable(database, visit, conversation)
  throw new KonstructError('FRAME_INVALID', { message: 'No confirmation of this id is waiting.' })
}
