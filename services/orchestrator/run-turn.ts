// The story of a turn: claim → draft the reply (load the context, build the prompt, call the model, stream) → save →
// announce. The claim decides whether there is anything to do; the fence decides whether what was done counts.
import { claimTurn, type ClaimedTurn } from '../shared/store/claim-turn.ts'
import { announceAgain, announceReply } from './announce-reply.ts'
import { beginAttempt } from './begin-attempt.ts'
import type { OfferedTurn } from './dispatcher.ts'
import { draftReply } from './draft-reply.ts'
import { findLimits } from './find-limits.ts'
import { keepReply } from './keep-reply.ts'
import { noteHop, type RunOutcome } from './metrics.ts'
import { abortReason } from './running-turns.ts'
import type { TurnPorts } from './turn-ports.ts'
import { whileStoreAway } from './while-store-away.ts'

export const runTurn = async (ports: TurnPorts, { ref, finish }: OfferedTurn): Promise<RunOutcome> => {
  const { database, worker, leaseMs, closing, metrics } = ports
  const askedAt = performance.now()
  const claim = await whileStoreAway(closing, async () =>
    claimTurn(database, { ref, worker, leaseMs, ...(await findLimits(ports, ref.tenant)) }),
  )
  if (claim === null) return 'abandoned'
  noteHop(metrics, 'claim', performance.now() - askedAt)
  if (claim.kind === 'claimed') {
    finish()
    return answerTurn(ports, claim)
  }
  if (claim.kind === 'unannounced') return announceAgain(ports, claim)
  return claim.kind === 'done' ? 'ended' : claim.kind
}

const answerTurn = async (ports: TurnPorts, claim: ClaimedTurn): Promise<RunOutcome> => {
  const attempt = beginAttempt(ports, claim)
  try {
    const draft = await draftReply(ports, attempt)
    // Of a turn that is lost nothing is kept.
    const reply = await keepReply(ports, attempt, draft)
    if (reply === null) return abortReason(attempt.loss) === 'abandoned' ? 'abandoned' : 'fenced'
    return await announceReply(ports, attempt, { draft, reply })
  } finally {
    attempt.end()
  }
}
