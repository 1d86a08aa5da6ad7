// What the reader's clicks and keys do: to the chat, and to where the focus is afterwards.
import type { Chat } from '../chat.ts'
import type { Actions } from '../views/screen.ts'
import type { ScreenState } from './screen-state.ts'

/** The element, as far as an action needs it. */
export interface ActionHost {
  readonly chat: Chat | null
  readonly screenState: ScreenState
  readonly updateComplete: Promise<boolean>
  find(id: string): HTMLElement | null
  focusText(): void
  toLatest(): void
  hide(): void
}

export const readerActions = (host: ActionHost): Actions => ({
  say: () => say(host),
  edited: (draft) => host.screenState.write(draft),
  stop: () => {
    host.chat?.stopReply()
    host.focusText()
  },
  retry: (entry) => host.chat?.retry(entry),
  edit: (entry, text) => edit(host, entry, text),
  discard: (entry) => {
    host.chat?.discard(entry)
    host.focusText()
  },
  ask: (text) => {
    host.chat?.say(text)
    host.toLatest()
    host.focusText()
  },
  decide: (confirmation, decision) => void host.chat?.decide(confirmation, decision),
  open: (conversation, agent) => goTo(host, (chat) => chat.openConversation(conversation, agent)),
  begin: (agent) => goTo(host, (chat) => chat.newConversation(agent)),
  older: () => void host.chat?.loadOlder(),
  more: () => host.chat?.loadMoreConversations(),
  drawer: (open) => moveDrawer(host, open),
  close: () => host.hide(),
  again: () => host.chat?.tryNow(),
  latest: () => {
    host.toLatest()
    host.focusText()
  },
})

/** What was written before choosing whom to talk to is for whoever is chosen. */
const goTo = (host: ActionHost, go: (chat: Chat) => void): void => {
  const { chat, screenState } = host
  if (chat === null) return
  const from = chat.view
  go(chat)
  const to = chat.view
  if (from.begun || to.begun) screenState.switchDraft(from.conversation.id, to.conversation.id)
  afterChoice(host)
}

const say = (host: ActionHost): void => {
  const { chat, screenState } = host
  if (chat === null || chat.view.user === null) return
  const text = screenState.draft
  if (text.trim() === '') return
  screenState.write('')
  chat.say(text)
  host.toLatest()
}

const edit = (host: ActionHost, entry: string, text: string): void => {
  host.chat?.discard(entry)
  host.screenState.write(text)
  host.focusText()
}

/** On a touch screen the focus would call up the keyboard over what the reader has just chosen to look at. */
const afterChoice = (host: ActionHost): void => {
  host.screenState.openDrawer(false)
  void host.updateComplete.then(() =>
    matchMedia('(pointer: coarse)').matches ? undefined : host.focusText(),
  )
}

const moveDrawer = (host: ActionHost, open: boolean): void => {
  host.screenState.openDrawer(open)
  void host.updateComplete.then(() =>
    (open ? host.find('sidebar')?.querySelector('button') : host.find('menu'))?.focus(),
  )
}
