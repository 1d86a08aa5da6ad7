// What a socket is told when it joins a conversation: the events that it missed, or, where they cannot be had, the
// messages themselves and the reply being written.
//
// The stream is read before the messages. What is saved between the two then shows up twice, in the messages and as an
// event, which a client tells by the message's id; the other way round it would show up in neither.
import type { StreamEvent, StreamPosition, SubscribedFrame } from '../../shared/domain/frames.ts'
import type { Message } from '../../shared/domain/message.ts'
import type { StreamSlice } from '../../shared/redis/live-stream.ts'
import { nowhere, type Answer } from './follower.ts'
import { frameEvents } from './frame-events.ts'
import { readLive } from './read-live.ts'

/** Where a socket wants to begin. */
export type Wish =
  /** It has nothing. */
  | { readonly kind: 'all' }
  /** It has everything up to here. */
  | { readonly kind: 'after'; readonly position: StreamPosition }
  /** It has nothing and is to be shown the conversation as it was here, and then what came. */
  | { readonly kind: 'asOf'; readonly position: StreamPosition }

export interface JoinPorts {
  readonly conversation: string
  /** What came after a position, if that is `most` events at most; else the newest. @throws `REDIS_UNAVAILABLE` */
  readonly readStream: (after?: StreamPosition, most?: number) => Promise<StreamSlice>
  /** The page of events that ends before a position. @throws `REDIS_UNAVAILABLE` */
  readonly readBefore: (position: StreamPosition) => Promise<readonly string[]>
  /** The newest page. @throws `CONVERSATION_NOT_FOUND`, `STORE_UNAVAILABLE` */
  readonly readMessages: () => Promise<readonly Message[]>
}

/** More missed events than this are sent as what they add up to. */
const longestReplay = 256

/** @throws `REDIS_UNAVAILABLE`, and what `readMessages` throws. */
export const answerJoin = async (ports: JoinPorts, wish: Wish): Promise<Answer> => {
  if (wish.kind !== 'after') return snapshot(ports, await ports.readStream(), wish)
  const slice = await ports.readStream(wish.position, longestReplay)
  return slice.recovered ? replay(ports, slice) : snapshot(ports, slice, wish)
}

/** While the stream cannot be read: the messages, and no position in the stream. */
export const answerWithoutStream = async (ports: JoinPorts): Promise<Answer> => ({
  ...answer(ports, { position: nowhere, messages: await ports.readMessages(), live: null }, []),
  withoutStream: true,
})

const replay = ({ conversation }: JoinPorts, { epoch, seq, events }: StreamSlice): Answer => {
  const position = { epoch, seq: seq - events.length }
  return {
    subscribed: encode({
      type: 'subscribed',
      conversation,
      epoch,
      seq,
      recovered: true,
      messages: [],
      live: null,
    }),
    position,
    events: frameEvents(conversation, { epoch, seq: position.seq + 1 }, events),
    withoutStream: false,
  }
}

const snapshot = async (ports: JoinPorts, slice: StreamSlice, wish: Wish): Promise<Answer> => {
  const messages = await ports.readMessages()
  const cut = cutAt(slice, wish)
  const after = slice.events.slice(cut)
  const announced = new Set(after.flatMap(messageIdOf))
  const { epoch, seq, events } = slice
  const position = { epoch, seq: seq - after.length }
  // Only the last ones: behind a message whose event has yet to come, an earlier one would be shown too late.
  const shown = messages.slice(0, messages.findLastIndex(({ id }) => !announced.has(id)) + 1)
  const live = await readLive((before) => ports.readBefore({ epoch, seq: before }), {
    events: events.slice(0, cut),
    first: seq - events.length + 1,
    messages: shown,
  })
  return answer(ports, { position, messages: shown, live }, after)
}

/** How many of the slice's events belong to the picture; the others follow it. */
const cutAt = ({ epoch, seq, events }: StreamSlice, wish: Wish): number => {
  if (wish.kind !== 'asOf' || wish.position.epoch !== epoch) return events.length
  const following = seq - wish.position.seq
  return following >= 0 && following <= Math.min(events.length, longestReplay)
    ? events.length - following
    : events.length
}

const messageIdOf = (text: string): readonly string[] => {
  const event = JSON.parse(text) as StreamEvent
  return event.kind === 'message' ? [event.message.id] : []
}

interface Picture extends Pick<SubscribedFrame, 'messages' | 'live'> {
  readonly position: StreamPosition
}

const answer = (
  { conversation }: JoinPorts,
  { position, messages, live }: Picture,
  after: readonly string[],
): Answer => ({
  subscribed: encode({ type: 'subscribed', conversation, ...position, recovered: false, messages, live }),
  position,
  events: frameEvents(conversation, { epoch: position.epoch, seq: position.seq + 1 }, after),
  withoutStream: false,
})

const encode = (frame: SubscribedFrame): Buffer => Buffer.from(JSON.stringify(frame))
