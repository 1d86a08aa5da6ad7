// What the screen shows besides the chat itself: drafts, the open list, the room there is, how long the
// connection has been away.
import type { ChatView } from '../chat-view.ts'
import type { ConnectionStatus } from '../connection.ts'
import { transcript } from '../transcript.ts'
import type { Screen } from '../views/screen.ts'

/** Room for the list beside the chat, in pixels of the element's own width. */
const wideFrom = 760
/** Short losses mend themselves; only longer ones are worth a word. */
const unsteadyAfterMs = 1_200

export class ScreenState {
  readonly #onChange: () => void
  /** Of conversations that the reader has left, by id. */
  readonly #leftDrafts = new Map<string, string>()
  readonly #room = new ResizeObserver(([entry]) => this.#hasWidth(entry?.contentRect.width ?? 0))
  #measured: Element | null = null
  #listening = new AbortController()
  #draft = ''
  #wide = false
  #drawer = false
  #unsteady = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueTimer: ReturnType<typeof setTimeout> | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get isDrawerOpen(): boolean {
    return this.#drawer
  }

  get isWide(): boolean {
    return this.#wide
  }

  screen(chat: ChatView, given: Pick<Screen, 'closable' | 'scrolledUp'>): Screen {
    const now = Date.now()
    this.#showAgainWhenDue(chat, now)
    return {
      ...given,
      chat,
      now,
      items: transcript(chat.conversation, chat.outbox),
      draft: this.#draft,
      wide: this.#wide,
      drawer: this.#drawer && !this.#wide,
      unsteady: this.#unsteady,
      online: navigator.onLine,
    }
  }

  /** Belongs to the reader, not to a conversation: one that goes away by itself takes no words along. */
  get draft(): string {
    return this.#draft
  }

  write(draft: string): void {
    this.#draft = draft
    this.#onChange()
  }

  /** The reader goes from one conversation to another, and finds there what was left unsaid. */
  switchDraft(from: string, to: string): void {
    this.#leftDrafts.set(from, this.#draft)
    this.write(this.#leftDrafts.get(to) ?? '')
  }

  openDrawer(open: boolean): void {
    this.#drawer = open
    this.#onChange()
  }

  linkIs(status: ConnectionStatus): void {
    if (status.name === 'open' || status.name === 'ended') {
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#unsteady = false
      return
    }
    this.#timer ??= setTimeout(() => {
      this.#unsteady = true
      this.#onChange()
    }, unsteadyAfterMs)
  }

  listen(): void {
    this.#listening = new AbortController()
    const { signal } = this.#listening
    addEventListener('online', this.#onChange, { signal })
    addEventListener('offline', this.#onChange, { signal })
  }

  measure(element: Element | null): void {
    if (element === this.#measured) return
    this.#room.disconnect()
    this.#measured = element
    if (element !== null) this.#room.observe(element)
  }

  close(): void {
    this.#listening.abort()
    this.measure(null)
    clearTimeout(this.#timer)
    clearTimeout(this.#dueTimer)
    this.#timer = undefined
  }

  /** What was refused for a while can be sent again after it. */
  #showAgainWhenDue({ outbox }: ChatView, now: number): void {
    clearTimeout(this.#dueTimer)
    const next = Math.min(...outbox.map(({ refusal }) => refusal?.retryAt ?? 0).filter((at) => at > now))
    if (Number.isFinite(next)) this.#dueTimer = setTimeout(this.#onChange, next - now)
  }

  #hasWidth(width: number): void {
    if (width === 0 || this.#wide === width >= wideFrom) return
    this.#wide = width >= wideFrom
    this.#onChange()
  }
}
