// Pages back through a conversation's stored messages. The first page overlaps what the stream has told, and
// brings the cursor for those before it.
import type { Message } from '../shared/domain/message.ts'
import type { MessagePage } from './api.ts'

export type OlderMessages = 'unknown' | 'loading' | 'some' | 'none'

export interface HistoryPorts {
  readonly page: (conversation: string, before: string | null) => Promise<MessagePage>
  /** True when the messages held something new. */
  readonly add: (conversation: string, messages: readonly Message[]) => boolean
  readonly onChange: () => void
}

interface Place {
  readonly before: string | null
  readonly loading: boolean
}

export class History {
  readonly #ports: HistoryPorts
  /** No entry: never asked. `before: null`: at the beginning, or at the first page while loading. */
  readonly #places = new Map<string, Place>()

  constructor(ports: HistoryPorts) {
    this.#ports = ports
  }

  older(conversation: string): OlderMessages {
    const place = this.#places.get(conversation)
    if (place === undefined) return 'unknown'
    if (place.loading) return 'loading'
    return place.before === null ? 'none' : 'some'
  }

  /** Loads the page before what is known; a failure leaves things as they were, to be tried again. */
  async load(conversation: string): Promise<void> {
    const older = this.older(conversation)
    if (older === 'loading' || older === 'none') return
    const place = this.#places.get(conversation)
    const before = place?.before ?? null
    this.#set(conversation, { before, loading: true })
    const page = await this.#ports.page(conversation, before).catch(() => null)
    if (page === null) return this.#set(conversation, place)
    this.#set(conversation, { before: page.before, loading: false })
    const grew = this.#ports.add(conversation, page.messages)
    if (!grew) await this.load(conversation)
  }

  forgetAll(): void {
    this.#places.clear()
  }

  #set(conversation: string, place: Place | undefined): void {
    if (place === undefined) this.#places.delete(conversation)
    else this.#places.set(conversation, place)
    this.#ports.onChange()
  }
}
