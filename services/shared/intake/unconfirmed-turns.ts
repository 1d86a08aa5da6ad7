// Turns that this process has published or is publishing, and that PostgreSQL has not been told about yet. Telling is
// done in batches, off the way of the message. What is not told, because the process died or PostgreSQL is away, is soon taken
// up from PostgreSQL (findWaitingTurns), as if Kafka did not have it; its record then finds nothing to do. While PostgreSQL is
// away nothing new is stored, so this cannot grow.
//
//   publish begins ──▶ publishing ──Kafka has it──▶ published ──told──▶ forgotten
//                          └──Kafka refused──▶ forgotten
import type { TurnRef } from '../domain/turn.ts'
import type { Log } from '../runtime/log.ts'

interface UnconfirmedPorts {
  /** Notes in PostgreSQL that Kafka has these turns. */
  readonly confirm: (refs: readonly TurnRef[]) => Promise<void>
  readonly log: Log
}

interface Entry {
  readonly ref: TurnRef
  readonly publishing: Promise<void>
  published: boolean
}

/** How long a batch gathers, in milliseconds; far below the 5 s after which a turn that is not confirmed is taken up. */
const flushEveryMs = 200
/** Turns of one statement. */
const batchSize = 1_000

export class UnconfirmedTurns {
  readonly #ports: UnconfirmedPorts
  readonly #entries = new Map<string, Entry>()
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()
  #failing = false
  #closed = false

  constructor(ports: UnconfirmedPorts) {
    this.#ports = ports
  }

  /** Runs `publish`, unless this turn is being or was published here just now; resolves when Kafka has it. */
  publishOnce(ref: TurnRef, publish: () => Promise<void>): Promise<void> {
    const known = this.#entries.get(ref.turn)
    if (known !== undefined) return known.publishing
    const publishing = publish().then(
      () => this.#becamePublished(ref.turn),
      (thrown: unknown) => {
        this.#entries.delete(ref.turn)
        throw thrown
      },
    )
    this.#entries.set(ref.turn, { ref, publishing, published: false })
    return publishing
  }

  /** Tells PostgreSQL what is left; call it after the last publish. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#flushing
    let more = true
    while (more) more = await this.#flush()
  }

  #becamePublished(turn: string): void {
    const entry = this.#entries.get(turn)
    if (entry !== undefined) entry.published = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flushing = this.#flush().then((more) => {
        if (more || this.#failing) this.#schedule()
      })
    }, flushEveryMs)
  }

  /** Gives whether more can be told at once. */
  async #flush(): Promise<boolean> {
    const published = [...this.#entries.values()].filter((entry) => entry.published)
    if (published.length === 0) return false
    const batch = published.slice(0, batchSize)
    try {
      await this.#ports.confirm(batch.map(({ ref }) => ref))
    } catch (thrown) {
      if (!this.#failing) this.#ports.log.warn('published turns cannot be confirmed', { error: thrown })
      this.#failing = true
      return false
    }
    for (const { ref } of batch) this.#entries.delete(ref.turn)
    this.#failing = false
    return published.length > batch.length
  }
}
