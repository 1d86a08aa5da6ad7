// Makes a socket follow a conversation, or, where it does already, brings it up to date again.
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { Wish } from '../live/answer-join.ts'
import type { Relays } from '../live/relays.ts'
import type { Session } from './session.ts'

export interface FollowPorts {
  readonly relays: Relays
  /** Conversations that one socket may follow. */
  readonly maxFollowed: number
}

/** Before anything is stored. @throws KonstructError `OVERLOADED` */
export const assertMayFollow = (ports: FollowPorts, session: Session, conversation: string): void => {
  if (session.following.has(conversation) || session.following.size < ports.maxFollowed) return
  throw new KonstructError('OVERLOADED', {
    message: `One connection follows ${ports.maxFollowed} conversations at most. Open another one.`,
  })
}

/**
 * The caller has made sure that the conversation is the user's. The socket gets `subscribed`, and then events.
 * @throws KonstructError `OVERLOADED`, `CONVERSATION_NOT_FOUND`, `STORE_UNAVAILABLE`
 */
export const followConversation = async (
  ports: FollowPorts,
  session: Session,
  conversation: string,
  wish: Wish,
): Promise<void> => {
  assertMayFollow(ports, session, conversation)
  const known = session.following.get(conversation)
  if (known !== undefined) return known.relay.join(known.follower, wish)
  // It may have ended while its frame waited for a store: `unfollowAll` has been called then, for the last time.
  if (session.ended) return
  const { tenant, user } = session.visit
  const following = ports.relays.follow({ tenant, user, conversation }, session)
  session.following.set(conversation, following)
  try {
    await following.relay.join(following.follower, wish)
  } catch (thrown) {
    session.following.delete(conversation)
    ports.relays.unfollow(following)
    throw thrown
  }
}

/** The socket is gone. */
export const unfollowAll = ({ relays }: FollowPorts, session: Session): void => {
  for (const following of session.following.values()) relays.unfollow(following)
  session.following.clear()
}
