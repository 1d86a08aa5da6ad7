// Follows the model's events: text goes to the live stream as it comes, and the end is judged.
//
// What ends a reply well is the model's own finish reason. `length` is one too: the reply reached the tokens that the
// tenant allows, it is shown as it is, and the user can ask to go on. `content_filter` is a failure: the provider took the
// rest away. A finish without a word is a failure: an empty bubble is no visible answer.
import type { TurnEnd } from '../shared/domain/turn.ts'
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { ModelResult } from './metrics.ts'
import { ModelFailure, type ModelEvent, type ModelFault, type Usage } from './models/model.ts'
import type { ReplyStream } from './reply-stream.ts'

export interface Draft {
  readonly state: TurnEnd
  readonly code: ErrorCode | null
  readonly text: string
  /** How much the model wrote, thoughts included. */
  readonly characters: number
  /** What the model told; null when it did not. */
  readonly usage: Usage | null
  readonly result: ModelResult
}

interface StreamReplyOptions {
  readonly stream: ReplyStream
  readonly maxOutputTokens: number
  readonly signal: AbortSignal
  readonly onFirstText: () => void
}

type Finish = Extract<ModelEvent, { readonly kind: 'finish' }>

/**
 * Characters per token that nobody writes on average (English has 4): an answer longer than that is one without end, from
 * a server that does not heed max_tokens.
 */
const mostCharactersPerToken = 8

/** What is known of a draft but for how much was written. */
type Judged = Omit<Draft, 'characters'>

interface Written {
  characters: number
}

/** Never throws for what a model does wrong: that is a draft of its own. */
export const streamReply = async (
  events: AsyncIterable<ModelEvent>,
  options: StreamReplyOptions,
): Promise<Draft> => {
  const written: Written = { characters: 0 }
  const judged = await followAndJudge(events, options, written)
  return { ...judged, ...written }
}

const followAndJudge = async (
  events: AsyncIterable<ModelEvent>,
  options: StreamReplyOptions,
  written: Written,
): Promise<Judged> => {
  const { stream, signal } = options
  try {
    const finish = await followEvents(events, options, written)
    if (finish !== null) return judgeFinish(finish, stream.text)
    if (signal.aborted) return { ...draftOf(stream.text), state: 'stopped', code: null, result: 'stopped' }
    return failedDraft('cut', stream.text)
  } catch (thrown) {
    if (!(thrown instanceof ModelFailure)) throw thrown
    return failedDraft(thrown.fault, stream.text)
  }
}

/** Gives the finish; null when the events ended without one. */
const followEvents = async (
  events: AsyncIterable<ModelEvent>,
  { stream, maxOutputTokens, signal, onFirstText }: StreamReplyOptions,
  written: Written,
): Promise<Finish | null> => {
  const mostCharacters = maxOutputTokens * mostCharactersPerToken
  for await (const event of events) {
    if (event.kind === 'finish') return event
    if (signal.aborted) return null
    if (event.kind === 'text') {
      if (stream.text === '') {
        stream.changeState('writing')
        onFirstText()
      }
      stream.write(event.text)
    }
    written.characters += event.kind === 'text' ? event.text.length : event.characters
    if (written.characters > mostCharacters) throw new ModelFailure('endless')
  }
  return null
}

const judgeFinish = ({ reason, usage }: Finish, text: string): Judged => {
  const failed = reason === 'content_filter' ? 'filtered' : text.trim() === '' ? 'empty' : null
  const draft = { ...draftOf(text), usage }
  if (failed !== null) return { ...draft, ...failedDraft(failed, text), usage }
  return { ...draft, state: 'answered', code: null, result: 'finished' }
}

/** PostgreSQL's text holds no half of a character. */
const draftOf = (text: string): Pick<Draft, 'text' | 'usage'> => ({ text: text.toWellFormed(), usage: null })

const failedDraft = (fault: ModelFault, text: string): Judged => ({
  ...draftOf(text),
  state: 'failed',
  code: 'MODEL_UNAVAILABLE',
  result: fault,
})
