// Which conversation the reader looks at. It is remembered per user, so that a reload or a return shows it again.
// A new one exists only here, and in the outbox, until the gateway has accepted its first message.
import type { WelcomeFrame } from '../shared/domain/frames.ts'
import type { KeyValueStorage, OutboxEntry } from './outbox.ts'

export interface Current {
  readonly id: string
  readonly agent: string
  readonly begun: boolean
}

interface Place {
  readonly tenant: string
  readonly agent: string
}

export class OpenConversation {
  readonly #storage: KeyValueStorage
  readonly #place: Place
  readonly #newId: () => string
  #current: Current

  constructor(storage: KeyValueStorage, place: Place, newId: () => string) {
    this.#storage = storage
    this.#place = place
    this.#newId = newId
    this.#current = { id: newId(), agent: place.agent, begun: false }
  }

  get current(): Current {
    return this.#current
  }

  /**
   * At the first `welcome`: the last one looked at, else the one that was to begin with what is still unsent, else a
   * new one with the page's agent or with the first. `unsent` is the user's, in the order of saying.
   */
  recall({ user, agents }: WelcomeFrame, unsent: readonly OutboxEntry[]): void {
    const names = agents.map(({ name }) => name)
    const last = this.#read(user)
    const agent = names.includes(this.#place.agent) ? this.#place.agent : (names[0] ?? '')
    const first = unsent.findLast((entry) => entry.after === null && this.#isOfPage(entry, names))
    if (last !== null && names.includes(last.agent)) this.#current = { ...last, begun: true }
    else if (first !== undefined) this.#current = { id: first.conversation, agent: first.agent, begun: false }
    else this.#current = { ...this.#current, agent }
  }

  existing(id: string, agent: string, user: string): void {
    this.#current = { id, agent, begun: true }
    this.#remember(user)
  }

  fresh(agent: string, user: string): void {
    this.#current = { id: this.#newId(), agent, begun: false }
    this.#storage.removeItem(this.#key(user))
  }

  begun(user: string): void {
    this.#current = { ...this.#current, begun: true }
    this.#remember(user)
  }

  #isOfPage({ agent }: OutboxEntry, names: readonly string[]): boolean {
    return names.includes(agent) && (this.#place.agent === '' || this.#place.agent === agent)
  }

  #remember(user: string): void {
    const { id, agent } = this.#current
    this.#storage.setItem(this.#key(user), JSON.stringify({ id, agent }))
  }

  /** A page made for one agent remembers by itself, apart from the others of the same site. */
  #key(user: string): string {
    return `konstruct:${this.#place.tenant}:open:${user}:${this.#place.agent}`
  }

  #read(user: string): { readonly id: string; readonly agent: string } | null {
    try {
      const value = JSON.parse(this.#storage.getItem(this.#key(user)) ?? 'null') as Current | null
      return typeof value?.id === 'string' ? { id: value.id, agent: value.agent } : null
    } catch {
      return null
    }
  }
}
