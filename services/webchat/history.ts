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

  /** Loads the newest page, once: the stream may bring fewer messages, or none while the socket is away. */
  async open(conversation: string): Promise<void> {
    if (this.older(conversation) === 'unknown') await this.#loadPage(conversation)
  }

  /** Loads pages until one holds something new, or there are no more, or one cannot be had. */
  async loadOlder(conversation: string): Promise<void> {
    const older = this.older(conversation)
    if (older === 'loading' || older === 'none') return
    if ((await this.#loadPage(conversation)) === 'nothing new') await this.loadOlder(conversation)
  }

  /** What is being asked for counts no more: it ends where the dropped messages began. */
  forget(conversation: string): void {
    this.#places.delete(conversation)
  }

  forgetAll(): void {
    this.#places.clear()
  }

  /** A failure leaves things as they were, to be tried again. */
  async #loadPage(conversation: string): Promise<'new' | 'nothing new' | 'failed' | 'forgotten'> {
    const place = this.#places.get(conversation)
    const before = place?.before ?? null
    const loading = { before, loading: true }
    this.#set(conversation, loading)
    const page = await this.#ports.page(conversation, before).catch(() => null)
    if (this.#places.get(conversation) !== loading) return 'forgotten'
    this.#set(conversation, page === null ? place : { before: page.before, loading: false })
    if (page === null) return 'failed'
    return this.#ports.add(conversation, page.messages) ? 'new' : 'nothing new'
  }

  #set(conversation: string, place: Place | undefined): void {
    if (place === undefined) this.#places.delete(conversation)
    else this.#places.set(conversation, place)
    this.#ports.onChange()
  }
}
