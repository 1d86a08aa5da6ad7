// Opens what one attempt at a turn holds while it runs: its lease, its live stream, an ear for its user's `stop`.
import { setImmediate as behindWhatIsSent } from 'node:timers/promises'
import { webchatResponseKey } from '../shared/redis/keys.ts'
import { appendEvents, parseAnnouncement } from '../shared/redis/live-stream.ts'
import { writeSession } from '../shared/redis/session-state.ts'
import type { TurnState } from '../shared/domain/turn.ts'
import type { ClaimedTurn } from '../shared/store/claim-turn.ts'
import { ReplyStream } from './reply-stream.ts'
import type { TurnSignals } from './running-turns.ts'
import type { TurnPorts } from './turn-ports.ts'

export interface Attempt extends TurnSignals {
  readonly claim: ClaimedTurn
  readonly stream: ReplyStream
  /** When the turn was taken, by `performance.now()`. */
  readonly startedAt: number
  end(): void
}

export const beginAttempt = (ports: TurnPorts, claim: ClaimedTurn): Attempt => {
  const { ref, attempt } = claim
  const signals = ports.running.begin(ref)
  if (claim.stopRequested) ports.running.abort(ref.turn, 'stopped')
  const stream = openStream(ports, claim)
  if (attempt > 1) stream.restart()
  const stopListening = followStop(ports, claim)
  return {
    ...signals,
    claim,
    stream,
    startedAt: performance.now(),
    end: () => {
      stopListening()
      stream.discard()
      ports.running.end(ref)
    },
  }
}

const openStream = (ports: TurnPorts, claim: ClaimedTurn): ReplyStream => {
  const { ref } = claim
  const { redis, metrics } = ports
  const key = webchatResponseKey(ref.tenant, ref.conversation)
  return new ReplyStream(
    {
      metrics,
      append: (events, options) => appendEvents(redis, key, events, options),
      onState: (state) => noteState(ports, claim, state),
    },
    claim,
  )
}

/** A hint for whoever asks what the conversation is doing; a lost one does no harm. */
const noteState = ({ redis }: TurnPorts, { ref, agent, attempt }: ClaimedTurn, state: TurnState): void => {
  const since = new Date().toISOString()
  writeSession(redis, ref.tenant, ref.conversation, { turn: ref.turn, agent, state, attempt, since }).catch(
    () => {},
  )
}

/**
 * Until Redis listens, and while it is away, the renewal of the lease brings the wish. It is asked to when what the answer
 * waits for has been asked.
 */
const followStop = ({ subscriber, running }: TurnPorts, { ref }: ClaimedTurn): (() => void) => {
  const listener = (message: string): void => {
    const heard = parseAnnouncement(message)
    if (heard !== null && 'stop' in heard && heard.stop === ref.turn) running.abort(ref.turn, 'stopped')
  }
  const leaving = behindWhatIsSent()
    .then(() => subscriber.listen(webchatResponseKey(ref.tenant, ref.conversation), listener))
    .catch(() => () => {})
  return () => void leaving.then((leave) => leave())
}
