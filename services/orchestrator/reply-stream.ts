// Writes one attempt of a turn to its conversation's live stream, without ever holding up the model: whoever adds text
// returns at once, and a flusher of its own sends what has gathered.
//
//   open: the first words go at once, with all that led to them; all else every 25 ms, one flush at a time
//   the first flush begins with the question, unless it is there: whoever stored it may have died before it was shown
//   a flush failed: the same flush again, under the same name, so that it is written once; text goes on gathering
//   the stream is of another epoch (Redis lost it): `restarted`, the state, and the whole text so far in one delta
//   some thousand entries were written: the same, before the stream forgets the first of them
//   ended: the last events, tried for a short while → true when written
//   discarded: nothing more is written
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamEvent, StreamPosition } from '../shared/domain/frames.ts'
import type { TurnState } from '../shared/domain/turn.ts'
import { type AppendOptions, questionFlush, wholeTextAfter } from '../shared/redis/live-stream.ts'
import type { ClaimedTurn } from '../shared/store/claim-turn.ts'
import { noteHop, type OrchestratorMetrics } from './metrics.ts'

export interface ReplyStreamPorts {
  readonly metrics: Pick<OrchestratorMetrics, 'flushes' | 'hops'>
  /** `appendEvents`, bound to the conversation. Null: what was written is lost. @throws when it may or may not have happened. */
  readonly append: (events: readonly StreamEvent[], options: AppendOptions) => Promise<StreamPosition | null>
  readonly onState: (state: TurnState) => void
}

type Attempt = Pick<ClaimedTurn, 'ref' | 'attempt' | 'question'>

/** Nobody sees the difference, and Redis gets a fraction of the writes; the window that LibreChat measured its way to. */
const flushEveryMs = 25
const firstPauseMs = 50
const longestPauseMs = 1_000
/** The end is repeated for this long, in milliseconds; after that the turn is announced by the take-up loop. */
const endWithinMs = 3_000

export class ReplyStream {
  readonly #ports: ReplyStreamPorts
  readonly #attempt: Attempt
  readonly #over = new AbortController()
  #state: TurnState = 'queued'
  #text = ''
  #pending: StreamEvent[] = []
  #questionIsShown = false
  #position: StreamPosition | undefined
  #flushes = 0
  /** Entries since the text began, or was last written as a whole. */
  #entries = 0
  #lastFlush = performance.now()
  /** By `performance.now()`, until Redis has the first word. */
  #firstWordAt: number | undefined
  #urgent = false
  #ending = false
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined

  constructor(ports: ReplyStreamPorts, attempt: Attempt) {
    this.#ports = ports
    this.#attempt = attempt
  }

  /** Everything written so far. */
  get text(): string {
    return this.#text
  }

  /** An earlier attempt may have written: readers drop what it wrote. */
  restart(): void {
    this.#pending.push(this.#restarted())
  }

  changeState(state: TurnState): void {
    this.#state = state
    this.#pending.push(this.#stateEvent())
    this.#urgent = state === 'writing'
    this.#schedule()
    // Behind what was just sent: whoever asks for the state can wait, whoever reads cannot.
    setImmediate(() => this.#ports.onState(state))
  }

  write(text: string): void {
    if (this.#text === '') this.#firstWordAt = performance.now()
    this.#text += text
    const last = this.#pending.at(-1)
    if (last?.kind === 'delta') this.#pending[this.#pending.length - 1] = { ...last, text: last.text + text }
    else this.#pending.push(this.#delta(text))
    this.#schedule()
  }

  /** Writes what is left and the last events. False: Redis did not take them in time, or the stream was discarded. */
  async end(state: TurnState, last: readonly StreamEvent[], flush: string): Promise<boolean> {
    this.#ports.onState(state)
    this.#ending = true
    clearTimeout(this.#timer)
    const deadline = setTimeout(() => this.#over.abort(), endWithinMs)
    try {
      await this.#flushing
      this.#pending.push(...last)
      const events = this.#pending.splice(0)
      // They need not continue anything: the last events are whole in themselves, whatever became of the stream.
      return (await this.#append(events, { flush, ...this.#since })) !== undefined
    } finally {
      clearTimeout(deadline)
      this.#over.abort()
    }
  }

  /** Ends without another word: the turn is another worker's now. */
  discard(): void {
    clearTimeout(this.#timer)
    this.#over.abort()
  }

  get #since(): Pick<AppendOptions, 'since'> {
    return this.#position === undefined ? {} : { since: this.#position }
  }

  #schedule(): void {
    if (this.#flushing !== undefined || this.#ending || this.#over.signal.aborted) return
    clearTimeout(this.#timer)
    const waitMs = this.#urgent ? 0 : this.#lastFlush + flushEveryMs - performance.now()
    if (waitMs > 0) this.#timer = setTimeout(() => this.#begin(), waitMs)
    else this.#begin()
  }

  #begin(): void {
    // A microtask later, so that a state and the words that come with it are one flush.
    this.#flushing = Promise.resolve()
      .then(() => this.#flush())
      .finally(() => {
        this.#flushing = undefined
        if (this.#pending.length > 0) this.#schedule()
      })
  }

  async #flush(): Promise<void> {
    this.#urgent = false
    this.#lastFlush = performance.now()
    if (this.#entries >= wholeTextAfter) this.#writeWhole()
    const events = this.#pending.splice(0)
    const continues = this.#position !== undefined
    const options = { flush: this.#nextFlush(), fresh: true, continues, ...this.#since }
    const position = await this.#append(events, options)
    if (position === undefined) return
    this.#noteFirstWord(events)
    this.#entries += events.length
    this.#position = position ?? undefined
    if (position === null) this.#rewrite()
  }

  #noteFirstWord(events: readonly StreamEvent[]): void {
    if (this.#firstWordAt === undefined || !events.some(({ kind }) => kind === 'delta')) return
    noteHop(this.#ports.metrics, 'flush', performance.now() - this.#firstWordAt)
    this.#firstWordAt = undefined
  }

  /** The stream was lost, and with it all that was written: the next flush begins anew. */
  #rewrite(): void {
    this.#ports.metrics.flushes.inc({ result: 'rewritten' })
    this.#writeWhole()
    this.#urgent = true
  }

  /** Stands for all that was written, and for what waits to be. */
  #writeWhole(): void {
    this.#entries = 0
    this.#pending = [this.#restarted(), this.#stateEvent()]
    if (this.#text !== '') this.#pending.push(this.#delta(this.#text))
  }

  /** Undefined: the turn was over before it succeeded. */
  async #append(events: readonly StreamEvent[], options: AppendOptions) {
    if (this.#questionIsShown) return this.#appendUntilOver(events, options)
    const { ref, question } = this.#attempt
    const all = [{ kind: 'message', message: question } as const, ...events]
    const position = await this.#appendUntilOver(all, { ...options, unless: questionFlush(ref.turn) })
    this.#questionIsShown = position !== undefined
    return position
  }

  async #appendUntilOver(events: readonly StreamEvent[], options: AppendOptions) {
    const { append, metrics } = this.#ports
    let { fresh = false } = options
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        const position = await append(events, { ...options, fresh })
        metrics.flushes.inc({ result: 'written' })
        return position
      } catch {
        metrics.flushes.inc({ result: 'failed' })
        fresh = false
      }
      await sleep(pauseMs, undefined, { signal: this.#over.signal }).catch(() => {})
      if (this.#over.signal.aborted) return undefined
    }
  }

  #nextFlush(): string {
    this.#flushes += 1
    return `${this.#attempt.ref.turn}/${this.#attempt.attempt}/${this.#flushes}`
  }

  #stateEvent(): StreamEvent {
    return { kind: 'state', turn: this.#attempt.ref.turn, state: this.#state }
  }

  #restarted(): StreamEvent {
    return { kind: 'restarted', turn: this.#attempt.ref.turn, attempt: this.#attempt.attempt }
  }

  #delta(text: string): StreamEvent {
    return { kind: 'delta', turn: this.#attempt.ref.turn, attempt: this.#attempt.attempt, text }
  }
}
