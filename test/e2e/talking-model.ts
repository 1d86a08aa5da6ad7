// The model of a tenant, as real as HTTP makes it: it answers with words that nobody else says, at a pace, and can be
// held in the middle of its answers, so that a test meets a reply that is being written for as long as it needs.
//
// Every call has words of its own. A reply that was put together from two calls is therefore the answer of none.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  startScriptedModel,
  type AskedModel,
  type ModelAnswer,
  type ScriptedModel,
} from '../services/orchestrator/scripted-model.ts'

export interface ModelCall {
  /** The user's message. */
  readonly text: string
  /** The system's message: the agent's instructions. */
  readonly instructions: string
  /** All that this call says when it is let. */
  readonly answer: string
  /** How much of it was said. */
  said: number
  /** Set: it says the rest, although the others are held. */
  free: boolean
  /** Aborted when the caller hung up, also after a whole answer. */
  readonly closed: AbortSignal
}

interface Pace {
  readonly words: number
  /** Between two words. */
  readonly everyMs: number
}

const quick: Pace = { words: 20, everyMs: 5 }

export class TalkingModel {
  readonly calls: ModelCall[] = []
  /** Of the calls that begin from now on. */
  pace = quick
  /** How many answers were under way at the same time. */
  mostAtOnce = 0
  #atOnce = 0
  readonly #server: ScriptedModel
  readonly #canary: string
  #held: { readonly share: number; readonly until: PromiseWithResolvers<void> } | undefined

  private constructor(server: ScriptedModel, canary: string) {
    this.#server = server
    this.#canary = canary
    server.script = async (answer, asked) => {
      this.#atOnce += 1
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce)
      await this.#talk(answer, asked)
      this.#atOnce -= 1
    }
  }

  /** `canary` is in every answer. */
  static async start(canary = 'word'): Promise<TalkingModel> {
    return new TalkingModel(await startScriptedModel(), canary)
  }

  get baseURL(): string {
    return this.#server.baseURL
  }

  /** Everything that it was sent, as text. */
  get requests(): string {
    return JSON.stringify(
      this.#server.asked.map(({ body, authorization, path }) => [body, authorization, path]),
    )
  }

  /** From now on every answer stops after that share of it, until it is told otherwise. */
  hold(share = 0.5): void {
    const before = this.#held
    this.#held = { share, until: Promise.withResolvers<void>() }
    before?.until.resolve()
  }

  release(): void {
    const before = this.#held
    this.#held = undefined
    before?.until.resolve()
  }

  /** Lets one call say the rest. */
  free(call: ModelCall | undefined): void {
    if (call === undefined) return
    call.free = true
    if (this.#held !== undefined) this.hold(this.#held.share)
  }

  callsFor(text: string): readonly ModelCall[] {
    return this.calls.filter((call) => call.text === text)
  }

  async close(): Promise<void> {
    this.release()
    await this.#server.close()
  }

  async #talk(answer: ModelAnswer, { messages, closed }: AskedModel): Promise<void> {
    const { words, everyMs } = this.pace
    const said = Array.from({ length: words }, (_, n) => `${this.#canary}-${this.calls.length}-${n} `)
    const call: ModelCall = {
      text: messages.at(-1)?.content ?? '',
      instructions: messages[0]?.content ?? '',
      answer: said.join(''),
      said: 0,
      free: false,
      closed,
    }
    this.calls.push(call)
    for (const word of said) {
      await this.#mayGoOn(call, words)
      if (closed.aborted) return
      answer.text(word)
      call.said += 1
      await sleep(everyMs, undefined, { signal: closed }).catch(() => {})
    }
    if (!closed.aborted) answer.finish()
  }

  async #mayGoOn(call: ModelCall, words: number): Promise<void> {
    const { said, closed } = call
    const hungUp = new Promise<void>((resolve) => {
      closed.addEventListener('abort', () => resolve(), { once: true })
    })
    while (!call.free && this.#held !== undefined && said >= words * this.#held.share && !closed.aborted)
      await Promise.race([this.#held.until.promise, hungUp])
  }
}
