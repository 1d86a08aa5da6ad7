// Tells the conversation how a turn ended: the whole message, then the state. Sent after the commit, and authoritative.
// Until Redis has it, the turn stays among the open ones, so it is announced later by whoever finds it.
import type { StreamEvent } from '../shared/domain/frames.ts'
import { errorCodes } from '../shared/domain/frame-errors.ts'
import type { Message } from '../shared/domain/message.ts'
import type { TurnEnd } from '../shared/domain/turn.ts'
import { webchatResponseKey } from '../shared/redis/keys.ts'
import { appendEvents, questionFlush } from '../shared/redis/live-stream.ts'
import type { UnannouncedTurn } from '../shared/store/claim-turn.ts'
import type { Attempt } from './begin-attempt.ts'
import type { DraftedReply } from './draft-reply.ts'
import { noteEnd, type RunOutcome } from './metrics.ts'
import type { TurnPorts } from './turn-ports.ts'

interface Conclusion {
  readonly draft: DraftedReply
  readonly reply: Message
}

type AnnouncePorts = Pick<TurnPorts, 'redis' | 'log' | 'closeTurn'>

interface Ending {
  readonly turn: string
  readonly state: TurnEnd
  readonly code: string | null
  readonly reply: Message
}

const endEvents = ({ turn, state, code, reply }: Ending): readonly StreamEvent[] => {
  const known = errorCodes.find((candidate) => candidate === code)
  const last: StreamEvent = { kind: 'state', turn, state, ...(known === undefined ? {} : { code: known }) }
  return [{ kind: 'message', message: reply }, last]
}

/** The same for every attempt, so that the end is written once. */
const endFlush = (turn: string): string => `${turn}/end`

export const announceReply = async (
  ports: TurnPorts,
  { claim, stream, startedAt }: Attempt,
  { draft, reply }: Conclusion,
): Promise<RunOutcome> => {
  const { ref, question } = claim
  const { state, code, context } = draft
  noteEnd(ports.metrics, { tenant: ref.tenant, state, startedAt })
  const ending = { turn: ref.turn, state, code, reply }
  const [announced] = await Promise.all([
    stream.end(state, endEvents(ending), endFlush(ref.turn)),
    context !== null && state !== 'failed' && reply.text !== ''
      ? ports.memory.add(context.memoryOf, { turn: ref.turn, user: question.text, reply: reply.text })
      : undefined,
  ])
  if (!announced) return 'unannounced'
  void ports.closeTurn.add(ref)
  return 'ended'
}

/** For a reply that was saved before, by whomever: it is never made anew. Its question may not have been shown either. */
export const announceAgain = async (ports: AnnouncePorts, turn: UnannouncedTurn): Promise<RunOutcome> => {
  const { ref, question } = turn
  const key = webchatResponseKey(ref.tenant, ref.conversation)
  const events = [{ kind: 'message', message: question } as const, ...endEvents({ ...turn, turn: ref.turn })]
  try {
    await appendEvents(ports.redis, key, events, {
      flush: endFlush(ref.turn),
      unless: questionFlush(ref.turn),
    })
  } catch (thrown) {
    ports.log.debug('reply cannot be announced yet', { ...ref, error: thrown })
    return 'unannounced'
  }
  void ports.closeTurn.add(ref)
  return 'ended'
}
