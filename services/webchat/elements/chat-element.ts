// <konstruct-chat>: a tenant's chat as one element, for any web page.
//
//   tenant   whose chat (needed)                 agent   who answers, unless the reader picks another
//   base     the gateway's origin; by default where this script came from
//   layout   "launcher" (default): a button in the corner that opens a panel; "inline": fills its own box
//   theme    "light" or "dark"; by default what the reader prefers
//   token    a token of the tenant's identity provider; or the property `getToken`, asked again for another when one runs out
//
// Colours and font follow the custom properties `--konstruct-accent`, `--konstruct-on-accent`, `--konstruct-font`.
// Events: `konstruct-open`, `konstruct-close`, `konstruct-agent` (whom the reader talks to: `detail.name`), and `konstruct-sign-in-needed` when no good token is to be had.
//
// A launcher connects when it is first opened: a page that nobody chats on costs no socket.
import { LitElement, html, nothing } from 'lit'
import type { PropertyValues, TemplateResult } from 'lit'
import type { ChatView } from '../chat-view.ts'
import { styles } from '../styles/styles.ts'
import type { HostToken } from '../visitor-token.ts'
import { icons } from '../views/icons.ts'
import { panel } from '../views/panel.ts'
import { agentName } from '../views/screen.ts'
import type { Actions, Screen } from '../views/screen.ts'
import { announcement } from './announcement.ts'
import { openBrowserChat } from './browser-chat.ts'
import type { BrowserChat } from './browser-chat.ts'
import { copyCode } from './copy-code.ts'
import { nextFrame } from './next-frame.ts'
import { readerActions } from './reader-actions.ts'
import { ScreenState } from './screen-state.ts'
import { ScrollKeeper } from './scroll-keeper.ts'
import { followKeyboard } from './viewport.ts'

export class ChatElement extends LitElement {
  static override styles = styles
  static override properties = {
    tenant: {},
    agent: {},
    base: {},
    token: {},
    layout: { reflect: true },
    theme: { reflect: true },
    open: { type: Boolean, reflect: true },
    getToken: { attribute: false },
  }

  /** Where the script came from: the gateway, unless `base` says otherwise. */
  static home = ''

  declare tenant: string
  declare agent: string
  declare base: string
  declare token: string
  declare layout: 'launcher' | 'inline'
  declare theme: 'light' | 'dark' | undefined
  declare open: boolean
  declare getToken: HostToken | undefined

  readonly #scroll = new ScrollKeeper()
  readonly #actions: Actions = readerActions(this)
  readonly #state = new ScreenState(() => this.requestUpdate())
  #browserChat: BrowserChat | null = null
  #shown: ChatView | null = null
  #told = ''
  #unfollowKeyboard: () => void = () => undefined

  constructor() {
    super()
    this.tenant = this.agent = this.base = this.token = ''
    this.layout = 'launcher'
    this.open = false
  }

  get chat(): BrowserChat['chat'] | null {
    return this.#browserChat?.chat ?? null
  }

  get screenState(): ScreenState {
    return this.#state
  }

  /** Opens the panel of a launcher and puts the reader into it. */
  show(): void {
    this.open = true
    this.dispatchEvent(new CustomEvent('konstruct-open', { bubbles: true, composed: true }))
    void this.updateComplete.then(() => this.focusText())
  }

  hide(): void {
    this.open = false
    this.dispatchEvent(new CustomEvent('konstruct-close', { bubbles: true, composed: true }))
    void this.updateComplete.then(() => this.find('launcher')?.focus())
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#unfollowKeyboard = followKeyboard(this)
    this.#state.listen()
    this.requestUpdate()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unfollowKeyboard()
    this.#state.close()
    this.#disconnect()
  }

  find(id: string): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`#${id}`)
  }

  focusText(): void {
    this.find('text')?.focus()
  }

  toLatest(): void {
    this.#scroll.toEnd(this.find('scroller'))
    this.requestUpdate()
  }

  /** A hundred deltas in one frame are one rendering. */
  protected override async scheduleUpdate(): Promise<void> {
    await nextFrame()
    await super.scheduleUpdate()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const other = (['tenant', 'agent', 'base', 'token', 'getToken'] as const).some((name) =>
      changed.has(name),
    )
    if (other) this.#disconnect()
    if (this.isConnected && this.tenant !== '' && (this.layout === 'inline' || this.open)) this.#connect()
    const before = this.#shown
    this.#shown = this.chat?.view ?? null
    if (this.#shown !== null) this.#viewChanged(before, this.#shown)
    this.#scroll.remember(this.find('scroller'))
  }

  protected override updated(): void {
    this.#scroll.restore(this.find('scroller'))
    this.#state.measure(this.find('shell'))
    fitToText(this.find('text'))
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.layout === 'inline') return this.#panel()
    return html`${this.open ? this.#panel() : nothing}
      <button
        class="launcher"
        id="launcher"
        type="button"
        aria-label=${this.open ? 'Close chat' : 'Open chat'}
        aria-expanded=${this.open ? 'true' : 'false'}
        @click=${() => (this.open ? this.hide() : this.show())}
      >
        ${this.open ? icons.down() : icons.chat()}
      </button>`
  }

  #panel(): TemplateResult | typeof nothing {
    if (this.#shown === null) return nothing
    const screen: Screen = this.#state.screen(this.#shown, {
      closable: this.layout !== 'inline',
      scrolledUp: !this.#scroll.atEnd,
    })
    return html`<div
        class="frame"
        role=${screen.closable ? 'dialog' : nothing}
        aria-label=${screen.closable ? 'Chat' : nothing}
        @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
        @click=${(event: Event) => void this.#clicked(event)}
        @scroll=${{ handleEvent: (event: Event) => this.#scrolled(event), capture: true, passive: true }}
      >
        ${panel(screen, this.#actions)}
      </div>
      <p class="visually-hidden" aria-live="polite">${this.#told}</p>`
  }

  #connect(): void {
    this.#browserChat ??= openBrowserChat({
      tenant: this.tenant,
      agent: this.agent,
      base: new URL(this.base || ChatElement.home || '/', location.href).href,
      hostToken: this.getToken ?? (this.token === '' ? null : () => Promise.resolve(this.token)),
      onChange: () => this.requestUpdate(),
    })
  }

  #disconnect(): void {
    this.#browserChat?.close()
    this.#browserChat = null
  }

  #viewChanged(before: ChatView | null, after: ChatView): void {
    this.#state.linkIs(after.link)
    this.#tellAgent(before, after)
    if (before === null) return
    this.#told = announcement(before, after) ?? this.#told
    if (before.conversation.id !== after.conversation.id) this.#scroll.toEnd(null)
    const signedOut = after.link.name === 'ended' && after.link.why === 'sign-in'
    if (signedOut && before.link.name !== 'ended')
      this.dispatchEvent(new CustomEvent('konstruct-sign-in-needed', { bubbles: true, composed: true }))
  }

  #tellAgent(before: ChatView | null, after: ChatView): void {
    const name = agentName(after, after.conversation.agent)
    if (before !== null && agentName(before, before.conversation.agent) === name) return
    this.dispatchEvent(
      new CustomEvent('konstruct-agent', { detail: { name }, bubbles: true, composed: true }),
    )
  }

  #keyPressed(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing || this.layout === 'inline') return
    event.stopPropagation()
    this.hide()
  }

  async #clicked(event: Event): Promise<void> {
    const told = await copyCode(event)
    if (told === null) return
    this.#told = told
    this.requestUpdate()
  }

  #scrolled({ target }: Event): void {
    if (!(target instanceof HTMLElement) || target.id !== 'scroller') return
    const wasAtEnd = this.#scroll.atEnd
    if (this.#scroll.scrolled(target) && this.#shown?.older === 'some') this.#actions.older()
    if (wasAtEnd !== this.#scroll.atEnd) this.requestUpdate()
  }
}

/** Grows the field with its text; the styles bound it. */
const fitToText = (text: HTMLElement | null): void => {
  if (text === null) return
  text.style.height = 'auto'
  text.style.height = `${text.scrollHeight}px`
}
