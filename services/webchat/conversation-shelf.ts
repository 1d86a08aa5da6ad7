// Holds the list of the reader's conversations and reads its pages. It is a convenience: a page that cannot be
// read is asked for again with the next `welcome`, and nobody waits for it.
import type { ConversationPage } from './api.ts'
import { emptyList, touched, withNewestPage, withNextPage } from './conversation-list.ts'
import type { ConversationList, Said } from './conversation-list.ts'

export interface ShelfPorts {
  readonly page: (cursor: string | null) => Promise<ConversationPage>
  readonly onChange: () => void
}

export class ConversationShelf {
  readonly #ports: ShelfPorts
  #list = emptyList

  constructor(ports: ShelfPorts) {
    this.#ports = ports
  }

  get list(): ConversationList {
    return this.#list
  }

  clear(): void {
    this.#list = emptyList
  }

  touch(said: Said): void {
    this.#list = touched(this.#list, said)
  }

  refresh(): Promise<void> {
    return this.#load(null, withNewestPage)
  }

  async loadMore(): Promise<void> {
    if (this.#list.cursor !== null) await this.#load(this.#list.cursor, withNextPage)
  }

  async #load(cursor: string | null, take: typeof withNewestPage): Promise<void> {
    const page = await this.#ports.page(cursor).catch(() => null)
    if (page === null) return
    this.#list = take(this.#list, page)
    this.#ports.onChange()
  }
}
