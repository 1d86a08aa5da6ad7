// Saves the reply, however long PostgreSQL is away or refuses all it is asked (it became a standby, its disk is full): the
// text was read already, so it stays here until it is saved, whoever stops it now, or until another worker owns the turn. Only
// what PostgreSQL could never hold is given up, for a failure that is visible.
import type { Message } from '../shared/domain/message.ts'
import { asKonstructError } from '../shared/runtime/errors.ts'
import { isRefusedForGood } from '../shared/store/database.ts'
import { saveReply, type Reply } from '../shared/store/save-reply.ts'
import type { Attempt } from './begin-attempt.ts'
import type { DraftedReply } from './draft-reply.ts'
import { noteTokens } from './metrics.ts'
import type { Prompt, Usage } from './models/model.ts'
import type { TurnPorts } from './turn-ports.ts'
import { whileStoreAway } from './while-store-away.ts'

/** Of English; most models of today write a little more per token. */
const charactersPerToken = 4

/** Holds nothing of what PostgreSQL refused, whichever of it that was. */
const nothing = { text: '', inputTokens: 0, outputTokens: 0 } as const

type KeepPorts = Pick<TurnPorts, 'database' | 'metrics' | 'log'>

/** Null: the turn is another worker's, or was saved by a try whose answer was lost: it is announced when found again. */
export const keepReply = async (
  ports: KeepPorts,
  attempt: Pick<Attempt, 'claim' | 'loss'>,
  draft: DraftedReply,
): Promise<Message | null> => {
  const { ref } = attempt.claim
  let told = false
  const mayPass = (thrown: unknown): boolean => {
    if (isRefusedForGood(thrown)) return false
    const error = asKonstructError(thrown)
    if (!told) ports.log.warn('reply cannot be saved yet', { ...ref, code: error.code, error })
    told = true
    return true
  }
  const keep = async (what: Reply): Promise<Message | null> => {
    const kept = await whileStoreAway(attempt.loss, () => saveReply(ports.database, what), mayPass)
    if (kept !== null) noteTokens(ports.metrics, ref.tenant, what)
    return kept
  }
  const reply = replyOf(ports, attempt, draft)
  try {
    return await keep(reply)
  } catch (thrown) {
    const error = asKonstructError(thrown)
    ports.log.error('reply can never be saved', { ...ref, code: error.code, error })
    return keep({ ...reply, ...nothing, state: 'failed', code: 'INTERNAL' })
  }
}

const replyOf = (
  { metrics }: KeepPorts,
  { claim }: Pick<Attempt, 'claim'>,
  { state, code, text, characters, usage, read }: DraftedReply,
): Reply => {
  const used = usage ?? estimateUsage(read, characters)
  if (usage === null && read !== null) metrics.usageEstimated.inc()
  return { ref: claim.ref, attempt: claim.attempt, state, author: claim.agent, text, code, ...used }
}

/**
 * From the characters, when the model did not tell, as of a reply that was stopped. Whoever stops early has used what the
 * model read and thought all the same.
 */
const estimateUsage = (read: Prompt | null, characters: number): Usage => ({
  inputTokens: tokensOf((read ?? []).reduce((sum, { content }) => sum + content.length, 0)),
  outputTokens: tokensOf(characters),
})

const tokensOf = (characters: number): number => Math.ceil(characters / charactersPerToken)
