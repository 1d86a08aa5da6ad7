// From a claimed turn to what the agent has to say, or to the error that its user is shown. Nothing is saved here.
import { errorCodes, type ErrorCode } from '../shared/domain/frame-errors.ts'
import { asKonstructError, KonstructError } from '../shared/runtime/errors.ts'
import type { Attempt } from './begin-attempt.ts'
import { buildPrompt } from './build-prompt.ts'
import { callModel } from './call-model.ts'
import { loadContext, type TurnContext } from './load-context.ts'
import { noteFirstDelta, noteHop } from './metrics.ts'
import type { Prompt } from './models/model.ts'
import { streamReply, type Draft } from './stream-reply.ts'
import type { TurnPorts } from './turn-ports.ts'
import { whileStoreAway } from './while-store-away.ts'

export interface DraftedReply extends Draft {
  /** Null when it did not come to that. */
  readonly context: TurnContext | null
  /** What the model has read, or may have; null when it was not asked, not reached, or sent the request back. */
  readonly read: Prompt | null
}

/** A turn that was begun so often without an end ends its workers: it is not tried again. */
const mostAttempts = 10

const unasked = { text: '', characters: 0, usage: null, context: null, read: null } as const

export const draftReply = async (ports: TurnPorts, attempt: Attempt): Promise<DraftedReply> => {
  try {
    if (attempt.claim.attempt > mostAttempts) return failed('INTERNAL')
    // Also when it was begun before the tokens ran out, by a worker that died: it would be asked for anew.
    if (attempt.claim.exhausted) throw new KonstructError('BUDGET_EXHAUSTED')
    const askedAt = performance.now()
    const context = await whileStoreAway(attempt.signal, () => loadContext(ports, attempt.claim))
    noteHop(ports.metrics, 'context', performance.now() - askedAt)
    if (context === null) return { ...unasked, state: 'stopped', code: null, result: 'stopped' }
    attempt.stream.changeState('thinking')
    return await askModel(ports, attempt, context)
  } catch (thrown) {
    const error = asKonstructError(thrown)
    const { ref, agent, attempt: number } = attempt.claim
    ports.log.warn('turn cannot be answered', { ...ref, agent, attempt: number, code: error.code, error })
    return failed(errorCodes.find((code) => code === error.code) ?? 'INTERNAL', attempt.stream.text)
  }
}

const askModel = async (ports: TurnPorts, attempt: Attempt, context: TurnContext): Promise<DraftedReply> => {
  const { claim, signal, stream } = attempt
  const { agent, model, apiKey, exchanges } = context
  const prompt = buildPrompt({ instructions: agent.spec.instructions, exchanges, text: claim.question.text })
  const request = { tenant: claim.ref.tenant, model, apiKey, prompt }
  const askedAt = performance.now()
  const noteFirstText = (): void => {
    noteHop(ports.metrics, 'model', performance.now() - askedAt)
    noteFirstDelta(ports.metrics, claim.ref.tenant, attempt.startedAt)
  }
  let mayHaveRead = false
  const noteRead = (read: boolean): void => {
    mayHaveRead = read
  }
  const draft = await streamReply(callModel(ports, request, { signal, noteRead }), {
    stream,
    signal,
    maxOutputTokens: model.maxOutputTokens,
    onFirstText: noteFirstText,
  })
  ports.metrics.modelCalls.inc({ result: draft.result })
  if (draft.state === 'failed')
    ports.log.warn('model failed', { ...claim.ref, agent: agent.name, reason: draft.result })
  return { ...draft, context, read: mayHaveRead ? prompt : null }
}

const failed = (code: ErrorCode, text = ''): DraftedReply => ({
  ...unasked,
  text: text.toWellFormed(),
  state: 'failed',
  code,
  result: 'refused',
})
