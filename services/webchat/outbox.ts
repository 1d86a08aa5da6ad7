// What the reader has said and the gateway has not accepted yet. It lives in the browser's storage, one entry a
// key, so a reload, a crash or a lost network loses nothing, and two tabs never overwrite each other's entries.
// Repeating a send with the same id is safe, so every tab may repeat all of them after each `welcome`.
//
//   waiting ──accepted──▶ accepted (memory only, until the message itself arrives) ──▶ gone
//      ▲  └──refused──▶ refused ──retry──┐      └ dropped by the reader ──▶ gone
//      └─────────────────────────────────┘
//
// A send can be refused after it was stored, or when it is repeated: such an entry goes, too, when its message is seen.
import type { ErrorCode } from '../shared/domain/frame-errors.ts'
import type { Message } from '../shared/domain/message.ts'
import { storedTwins } from './stored-twins.ts'

export interface Refusal {
  readonly code: ErrorCode
  /** Milliseconds since the epoch; before that the reader need not try again. */
  readonly retryAt: number | null
}

export interface OutboxEntry {
  readonly id: string
  /** Who said it; another user of this browser must not say it for them. */
  readonly user: string
  readonly conversation: string
  readonly agent: string
  readonly text: string
  /** Orders entries: the time of saying it, in milliseconds since the epoch, always growing within a page. */
  readonly saidAt: number
  /** The newest message that was known then: its stored twin comes after this one. */
  readonly after: string | null
  readonly refusal: Refusal | null
  /** The message that it became; null until accepted. */
  readonly message: string | null
}

/** The part of the browser's Storage that is used. */
export interface KeyValueStorage {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export class Outbox {
  readonly #storage: KeyValueStorage
  readonly #prefix: string
  readonly #entries = new Map<string, OutboxEntry>()
  /** Messages that accepted entries became: they are nobody else's. */
  readonly #became = new Set<string>()

  constructor(storage: KeyValueStorage, tenant: string) {
    this.#storage = storage
    this.#prefix = `konstruct:${tenant}:outbox:`
    for (const entry of readEntries(storage, this.#prefix)) this.#entries.set(entry.id, entry)
  }

  /** In the order they were said. */
  entries(user: string): readonly OutboxEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.user === user)
      .toSorted((a, b) => a.saidAt - b.saidAt)
  }

  /** Those that the gateway has to hear (again). */
  waiting(user: string): readonly OutboxEntry[] {
    return this.entries(user).filter(({ refusal, message }) => refusal === null && message === null)
  }

  add(said: Omit<OutboxEntry, 'saidAt' | 'refusal' | 'message'>, now: number): OutboxEntry {
    const last = Math.max(0, ...[...this.#entries.values()].map(({ saidAt }) => saidAt))
    const entry = { ...said, saidAt: Math.max(now, last + 1), refusal: null, message: null }
    this.#keep(entry)
    return entry
  }

  get(id: string): OutboxEntry | undefined {
    return this.#entries.get(id)
  }

  accepted(id: string, message: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#became.add(message)
    this.#entries.set(id, { ...entry, refusal: null, message })
    this.#storage.removeItem(this.#prefix + id)
  }

  refused(id: string, refusal: Refusal): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined && entry.message === null) this.#keep({ ...entry, refusal })
  }

  /** A refused send stored nothing, so it keeps its id. */
  retry(id: string): OutboxEntry | null {
    const entry = this.#entries.get(id)
    if (entry === undefined) return null
    const again = { ...entry, refusal: null }
    this.#keep(again)
    return again
  }

  remove(id: string): void {
    this.#entries.delete(id)
    this.#storage.removeItem(this.#prefix + id)
  }

  /** Forgets what is among the messages now: the accepted, and the refused that were stored all the same. */
  arrived(conversation: string, messages: readonly Message[]): void {
    const here = [...this.#entries.values()].filter((entry) => entry.conversation === conversation)
    const ids = new Set<string | null>(messages.map(({ id }) => id))
    for (const { id, message } of here) if (ids.has(message)) this.#entries.delete(id)
    const open = here.filter(({ message }) => message === null)
    const refused = open.filter(({ refusal }) => refusal !== null)
    // A waiting one has the first choice: what became of it is about to be told.
    const inTurn = [...open.filter(({ refusal }) => refusal === null), ...refused]
    const stored = storedTwins(messages, inTurn, this.#became)
    for (const { id } of refused) if (stored.has(id)) this.remove(id)
  }

  /**
   * A visitor whose token is gone is a new user, who cannot reach the old conversations: what waits begins a new one.
   * Only for visitors: of people who sign in, each is somebody else.
   */
  readdress(from: string, to: { readonly user: string; readonly conversation: string }): void {
    for (const entry of this.waiting(from)) this.#keep({ ...entry, ...to, after: null })
  }

  #keep(entry: OutboxEntry): void {
    this.#entries.set(entry.id, entry)
    this.#storage.setItem(this.#prefix + entry.id, JSON.stringify(entry))
  }
}

const readEntries = (storage: KeyValueStorage, prefix: string): readonly OutboxEntry[] =>
  Array.from({ length: storage.length }, (_, index) => storage.key(index))
    .filter((key) => key !== null && key.startsWith(prefix))
    .flatMap((key) => {
      try {
        return [JSON.parse(storage.getItem(String(key)) ?? '') as OutboxEntry]
      } catch {
        return []
      }
    })
