// Which turn is next: pure, no clock, no IO. First in, first out per conversation, one turn of a conversation at a time,
// tenants in turn, and within a tenant its conversations in turn; never more than a tenant's limit or the capacity.
//
// It holds little: a tenant as many conversations as it may run, a conversation the turn that runs and the one after it.
// Whatever is beyond that is refused as `full`, for the caller to set aside, so that nobody's crowd stands in another's way.
import type { TurnRef } from '../shared/domain/turn.ts'

interface Queued {
  readonly ref: TurnRef
}

interface QueueBounds {
  /** Turns that may run at once. */
  readonly capacity: number
  /** Turns of one tenant that may run at once; may change at any time. */
  readonly limitOf: (tenant: string) => number
}

interface Thread<Item> {
  busy: boolean
  readonly waiting: Item[]
}

interface Lane<Item> {
  running: number
  readonly threads: Map<string, Thread<Item>>
  /** Conversations with a turn that may start, the longest unserved first. */
  readonly ready: Set<string>
}

/** The one that runs and the one that starts when it ends. */
const heldPerConversation = 2

export type Offered = 'queued' | 'known' | 'full'

export class TurnQueue<Item extends Queued> {
  readonly #bounds: QueueBounds
  /** In the order in which tenants are served: who was served goes to the end. */
  readonly #lanes = new Map<string, Lane<Item>>()
  readonly #known = new Set<string>()
  #running = 0
  #waiting = 0

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Every place is taken: what is offered now has to wait. */
  get isBusy(): boolean {
    return this.#running >= this.#bounds.capacity
  }

  /** How many more turns could start now, if they were the right ones. */
  get room(): number {
    return Math.max(this.#bounds.capacity - this.#running - this.#waiting, 0)
  }

  /** Tenants of which no further conversation is taken. */
  get fullTenants(): readonly string[] {
    return [...this.#lanes].flatMap(([tenant, lane]) => (this.#isFull(tenant, lane) ? [tenant] : []))
  }

  /** Takes the item, unless it is here already or there is no place for it. */
  offer(item: Item): Offered {
    const { tenant, conversation, turn } = item.ref
    if (this.#known.has(turn)) return 'known'
    const lane = this.#lanes.get(tenant) ?? { running: 0, threads: new Map(), ready: new Set() }
    const thread = lane.threads.get(conversation)
    if (thread === undefined ? this.#isFull(tenant, lane) : sizeOf(thread) >= heldPerConversation)
      return 'full'
    this.#lanes.set(tenant, lane)
    this.#known.add(turn)
    this.#waiting += 1
    if (thread !== undefined) thread.waiting.push(item)
    else {
      lane.threads.set(conversation, { busy: false, waiting: [item] })
      lane.ready.add(conversation)
    }
    return 'queued'
  }

  /** The turn to start now; it runs until `ended`. */
  next(): Item | undefined {
    if (this.isBusy) return undefined
    for (const [tenant, lane] of this.#lanes) {
      if (lane.ready.size === 0 || lane.running >= this.#bounds.limitOf(tenant)) continue
      this.#lanes.delete(tenant)
      this.#lanes.set(tenant, lane)
      return this.#start(lane)
    }
    return undefined
  }

  /** A turn that `next` gave runs no longer. */
  ended({ ref }: Item): void {
    const lane = this.#lanes.get(ref.tenant)
    const thread = lane?.threads.get(ref.conversation)
    if (lane === undefined || thread?.busy !== true || !this.#known.delete(ref.turn)) return
    thread.busy = false
    lane.running -= 1
    this.#running -= 1
    if (thread.waiting.length > 0) lane.ready.add(ref.conversation)
    else this.#forget(ref, lane)
  }

  /** Takes out all that waits of one tenant, in order. */
  withdraw(tenant: string): readonly Item[] {
    const lane = this.#lanes.get(tenant)
    if (lane === undefined) return []
    const items = [...lane.threads.values()].flatMap((thread) => thread.waiting.splice(0))
    for (const { ref } of items) {
      this.#known.delete(ref.turn)
      if (lane.threads.get(ref.conversation)?.busy === false) this.#forget(ref, lane)
    }
    lane.ready.clear()
    this.#waiting -= items.length
    return items
  }

  /** Takes out all that waits. */
  withdrawAll(): readonly Item[] {
    return [...this.#lanes.keys()].flatMap((tenant) => this.withdraw(tenant))
  }

  #isFull(tenant: string, lane: Lane<Item>): boolean {
    return lane.threads.size >= Math.min(this.#bounds.limitOf(tenant), this.#bounds.capacity)
  }

  #start(lane: Lane<Item>): Item | undefined {
    const [conversation] = lane.ready
    const thread = conversation === undefined ? undefined : lane.threads.get(conversation)
    const item = thread?.waiting.shift()
    if (conversation === undefined || thread === undefined || item === undefined) return undefined
    lane.ready.delete(conversation)
    thread.busy = true
    lane.running += 1
    this.#running += 1
    this.#waiting -= 1
    return item
  }

  #forget({ tenant, conversation }: TurnRef, lane: Lane<Item>): void {
    lane.threads.delete(conversation)
    lane.ready.delete(conversation)
    if (lane.threads.size === 0) this.#lanes.delete(tenant)
  }
}

const sizeOf = <Item>({ busy, waiting }: Thread<Item>): number => waiting.length + (busy ? 1 : 0)
