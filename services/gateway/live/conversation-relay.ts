// The live stream of one conversation, for all sockets of this process that follow it. It hears what is announced,
// brings it into order, fills what is missing from the stream, and hands each event, serialised once, to its followers.
//
//   A join, in this order:  listen ▶ keep what is heard ▶ read the stream ▶ drop what it had ▶ go live
//   in order                every announcement continued the last one
//   gapped                  something is missing, or may be: the stream is read until nothing is
//   blind                   gapped, and Redis cannot be asked: followers know only what PostgreSQL has
//
// A gap that the stream cannot fill makes every follower join again, which shows it the messages from PostgreSQL.
// `sweep`, called every second, tries again what could not be done.
import type { StreamPosition } from '../../shared/domain/frames.ts'
import { parseAnnouncement, type Announcement } from '../../shared/redis/live-stream.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { Facts, Log } from '../../shared/runtime/log.ts'
import { answerJoin, answerWithoutStream, type JoinPorts, type Wish } from './answer-join.ts'
import { Follower, nowhere, type Answer, type Outlet } from './follower.ts'
import { frameEvents } from './frame-events.ts'

export interface RelayPorts extends JoinPorts {
  readonly tenant: string
  /** Has the stream begun anew: Redis came back older, and would give numbers again that followers have. @throws `REDIS_UNAVAILABLE` */
  readonly dropStream: () => Promise<void>
  /** Listens to the conversation's channel until the given function is called. @throws `REDIS_UNAVAILABLE` */
  readonly listen: (hear: (message: string) => void) => Promise<() => void>
  readonly onRelayed: (count: number) => void
  readonly onGap: (outcome: 'filled' | 'rejoined') => void
  /** How often to look for what was lost without a trace, in milliseconds. */
  readonly checkEveryMs: number
  readonly log: Log
}

/** After PostgreSQL failed, followers are brought back no sooner than after this, in milliseconds. */
const restMs = 1_000

const isRedisAway = (thrown: unknown): boolean =>
  thrown instanceof KonstructError && thrown.code === 'REDIS_UNAVAILABLE'

export class ConversationRelay {
  readonly #ports: RelayPorts
  readonly #followers = new Set<Follower>()
  #listening: Promise<() => void> | null = null
  /** The last event handed on; null before the first join was answered. */
  #position: StreamPosition | null = null
  #heard: Announcement[] = []
  #gapped = false
  #blind = false
  #filling = false
  #closed = false
  #checkAt: number
  #restUntil = 0

  constructor(ports: RelayPorts) {
    this.#ports = ports
    this.#checkAt = performance.now() + ports.checkEveryMs
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0
  }

  /** A new follower; it gets nothing before it joins. */
  follow(outlet: Outlet): Follower {
    const follower = new Follower(outlet)
    this.#followers.add(follower)
    return follower
  }

  /**
   * Brings a follower, new or old, to where the stream is. A Redis that is away only makes the answer poorer.
   * @throws `CONVERSATION_NOT_FOUND`, `STORE_UNAVAILABLE`; the follower is then waiting.
   */
  async join(follower: Follower, wish: Wish): Promise<void> {
    await follower.inTurn(() => this.#join(follower, wish))
    this.#pump()
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower)
  }

  /** For good: what still waits for a store then listens to nothing any more, since nobody would end that. */
  close(): void {
    this.#closed = true
    this.#followers.clear()
    this.#listening?.then(
      (stop) => stop(),
      () => {},
    )
  }

  /** Redis was away: whatever was announced meanwhile was not heard. */
  distrust(): void {
    this.#gapped = true
    this.#blind = true
    this.#pump()
  }

  sweep(): void {
    const now = performance.now()
    if (now >= this.#checkAt) {
      this.#checkAt = now + this.#ports.checkEveryMs
      this.#gapped = true
    }
    this.#pump()
  }

  async #join(follower: Follower, wish: Wish): Promise<void> {
    if (this.#closed) return
    follower.hold()
    try {
      const isOver = wish.kind === 'after' && !follower.mayContinue(wish.position)
      const answer = await this.#answer(isOver ? { kind: 'all' } : wish)
      if (!this.#followers.has(follower)) return
      this.#settle(answer.events.at(-1) ?? answer.position)
      follower.admit(answer)
      if (this.#isBehind(follower)) follower.wait()
    } catch (thrown) {
      follower.wait()
      throw thrown
    }
  }

  async #answer(wish: Wish): Promise<Answer> {
    try {
      await this.#listen()
      return await answerJoin(this.#ports, wish)
    } catch (thrown) {
      if (!isRedisAway(thrown)) throw thrown
      this.#gapped = true
      this.#blind = true
      return answerWithoutStream(this.#ports)
    }
  }

  async #listen(): Promise<void> {
    this.#listening ??= this.#ports.listen((message) => this.#hear(message))
    try {
      await this.#listening
    } catch (thrown) {
      this.#listening = null
      throw thrown
    }
  }

  #hear(message: string): void {
    const announcement = parseAnnouncement(message)
    if (announcement === null || 'stop' in announcement) return
    this.#heard.push(announcement)
    this.#pump()
  }

  /** The first join says where this relay begins; a later one may show that the stream is another one. */
  #settle(top: StreamPosition): void {
    if (this.#position === null) this.#position = { epoch: top.epoch, seq: top.seq }
    else if (top.epoch !== this.#position.epoch) this.#gapped = true
  }

  /** Of two first joins the later one may be answered first: what came between the two was handed on to nobody. */
  #isBehind({ position: { epoch, seq } }: Follower): boolean {
    return this.#position?.epoch === epoch && seq < this.#position.seq
  }

  #pump(): void {
    if (this.#closed || this.#filling || this.#position === null) return
    while (!this.#gapped) {
      const announcement = this.#heard.shift()
      if (announcement === undefined) break
      this.#position = this.#handOn(this.#position, announcement)
    }
    if (this.#gapped) void this.#fill(this.#position)
    else this.#rejoinWaiting()
  }

  /** Gives the new position; leaves it where it is, and the relay gapped, when something is missing before. */
  #handOn(position: StreamPosition, { epoch, seq, events }: Announcement): StreamPosition {
    const begun = position.epoch === 0 && seq === 1 ? { epoch, seq: 0 } : position
    const known = begun.seq - seq + 1
    if (begun.epoch !== epoch || known < 0) {
      this.#gapped = true
      return position
    }
    return known >= events.length ? begun : this.#deliver(begun, events.slice(known))
  }

  #deliver({ epoch, seq }: StreamPosition, events: readonly string[]): StreamPosition {
    for (const frame of frameEvents(this.#ports.conversation, { epoch, seq: seq + 1 }, events))
      for (const follower of this.#followers) follower.deliver(frame)
    this.#ports.onRelayed(events.length)
    return { epoch, seq: seq + events.length }
  }

  async #fill(position: StreamPosition): Promise<void> {
    this.#filling = true
    try {
      await this.#listen()
      // What was heard until now is in the stream that is read next.
      this.#heard = []
      this.#gapped = false
      this.#position = await this.#readOn(position)
    } catch (thrown) {
      if (!isRedisAway(thrown)) this.#ports.log.error('stream cannot be read', this.#factsOf(thrown))
      this.#gapped = true
      this.#blind = true
      return
    } finally {
      this.#filling = false
    }
    this.#pump()
  }

  async #readOn(position: StreamPosition): Promise<StreamPosition> {
    const wasBlind = this.#blind
    this.#blind = false
    const { epoch, seq, recovered, events } = await this.#ports.readStream(position)
    if (recovered) {
      if (events.length > 0) this.#ports.onGap('filled')
      return this.#deliver(position, events)
    }
    const stillEmpty = epoch === 0 && position.epoch === 0 && !wasBlind
    if (stillEmpty) return position
    this.#ports.onGap('rejoined')
    for (const follower of this.#followers) follower.wait()
    const isOlder = epoch === position.epoch && seq < position.seq
    if (!isOlder) return { epoch, seq }
    await this.#ports.dropStream()
    return nowhere
  }

  #rejoinWaiting(): void {
    if (performance.now() < this.#restUntil) return
    for (const follower of this.#followers) if (follower.isLeft) void this.#rejoin(follower)
  }

  async #rejoin(follower: Follower): Promise<void> {
    try {
      await this.join(follower, this.#wishOf(follower))
    } catch (thrown) {
      this.#restUntil = performance.now() + restMs
      this.#ports.log.warn('conversation cannot be shown again', this.#factsOf(thrown))
    }
  }

  #factsOf(error: unknown): Facts {
    const { tenant, conversation } = this.#ports
    return { tenant, conversation, error }
  }

  /** Who has nothing of this stream yet is shown it from its beginning, if it is still there. */
  #wishOf({ position }: Follower): Wish {
    const epoch = this.#position?.epoch ?? 0
    if (position.epoch === 0 && epoch !== 0) return { kind: 'asOf', position: { epoch, seq: 0 } }
    return { kind: 'after', position: position.epoch === 0 ? nowhere : position }
  }
}
