// A conversation on paper, for the relay: a stream and its announcements as Redis has them, messages as PostgreSQL has
// them, and every misfortune that can befall the way between.
import { setImmediate as tick } from 'node:timers/promises'
import type { StreamEvent, StreamPosition } from '../../../../services/shared/domain/frames.ts'
import type { Message } from '../../../../services/shared/domain/message.ts'
import type { StreamSlice } from '../../../../services/shared/redis/live-stream.ts'
import { KonstructError } from '../../../../services/shared/runtime/errors.ts'

/** As few as will do for what a join replays. */
const pageSize = 256

export class PaperStream {
  readonly messages: Message[] = []
  /** Redis answers what nobody expects. */
  broken = false
  /** PostgreSQL is away. */
  lost = false
  #up = true
  #unsaid: (readonly StreamEvent[])[] = []
  #epoch = 0
  #nextEpoch = 1_000
  #events: string[] = []
  #listeners = new Set<(message: string) => void>()
  #toLose = 0
  /** Every event that ever was, by its position. */
  readonly #history = new Map<string, string>()
  #late: string[] | null = null
  #written = 0

  get top(): StreamPosition {
    return { epoch: this.#epoch, seq: this.#events.length }
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size
  }

  get up(): boolean {
    return this.#up
  }

  /** While Redis is away nothing can be asked or said; the writer says it as soon as it is back. */
  set up(up: boolean) {
    this.#up = up
    if (up) for (const events of this.#unsaid.splice(0)) this.#append(events)
  }

  /** A message is stored, then announced, with some deltas before it: one flush. */
  async say(deltas: number): Promise<void> {
    this.#written += 1
    const turn = `turn-${this.#written}`
    const message: Message = {
      id: `message-${this.#written}`,
      role: 'agent',
      author: 'support',
      text: 'x'.repeat(deltas),
      turn,
      createdAt: new Date(0).toISOString(),
      finish: 'complete',
    }
    for (let i = 0; i < deltas; i++) this.#append([{ kind: 'delta', turn, attempt: 1, text: 'x' }])
    await tick()
    this.messages.push(message)
    await tick()
    this.#append([
      { kind: 'message', message },
      { kind: 'state', turn, state: 'answered' },
    ])
  }

  eventAt({ epoch, seq }: StreamPosition): string | undefined {
    return this.#history.get(`${epoch}/${seq}`)
  }

  /** Redis loses everything. */
  flush(): void {
    this.#epoch = 0
    this.#events = []
  }

  /** Redis comes back as it was so many events ago. */
  rewind(events: number): void {
    this.#events.splice(-events)
  }

  /** The next announcement is lost. */
  loseNext(): void {
    this.#toLose += 1
  }

  /** What is announced comes later, together. */
  delay(): void {
    this.#late ??= []
  }

  deliverLate(): void {
    const late = this.#late ?? []
    this.#late = null
    for (const message of late) this.#tell(message)
  }

  async listen(hear: (message: string) => void): Promise<() => void> {
    await this.#ask()
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  async readStream(after?: StreamPosition, most = 2_000): Promise<StreamSlice> {
    await this.#ask()
    const { epoch, seq } = this.top
    const events = [...this.#events]
    await tick()
    if (epoch === 0) return { epoch: 0, seq: 0, recovered: false, events: [] }
    const missed = after?.epoch === epoch ? seq - after.seq : -1
    if (missed < 0 || missed > most) return { epoch, seq, recovered: false, events: events.slice(-pageSize) }
    return { epoch, seq, recovered: true, events: events.slice(seq - missed) }
  }

  async readBefore({ epoch, seq }: StreamPosition): Promise<readonly string[]> {
    await this.#ask()
    const events = epoch === this.#epoch ? this.#events.slice(Math.max(0, seq - 1 - pageSize), seq - 1) : []
    await tick()
    return events
  }

  async readMessages(): Promise<readonly Message[]> {
    await tick()
    if (this.lost) throw new KonstructError('STORE_UNAVAILABLE')
    const page = [...this.messages]
    await tick()
    return page
  }

  async #ask(): Promise<void> {
    await tick()
    if (!this.up) throw new KonstructError('REDIS_UNAVAILABLE')
    if (this.broken) throw new TypeError('The answer has no form.')
  }

  #append(events: readonly StreamEvent[]): void {
    if (!this.#up) {
      this.#unsaid.push(events)
      return
    }
    if (this.#epoch === 0) this.#epoch = this.#nextEpoch++
    const seq = this.#events.length + 1
    const texts = events.map((event) => JSON.stringify(event))
    this.#events.push(...texts)
    texts.forEach((text, index) => this.#history.set(`${this.#epoch}/${seq + index}`, text))
    this.#tell([`${this.#epoch} ${seq}`, ...texts].join('\n'))
  }

  #tell(message: string): void {
    if (this.#toLose > 0) this.#toLose -= 1
    else if (this.#late !== null) this.#late.push(message)
    else for (const listener of this.#listeners) listener(message)
  }
}
