// What the templates are given: all that is shown, and all that a reader can do. Templates hold no state.
import type { ChatView } from '../chat-view.ts'
import type { TranscriptItem } from '../transcript.ts'

export interface Screen {
  readonly chat: ChatView
  readonly items: readonly TranscriptItem[]
  readonly draft: string
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Room for the list of conversations beside the chat. */
  readonly wide: boolean
  /** The list lies over the chat, where there is no room beside it. */
  readonly drawer: boolean
  /** The chat can be put away: it hangs on a button of a host page. */
  readonly closable: boolean
  /** The connection has been away long enough to say so. */
  readonly unsteady: boolean
  readonly online: boolean
  /** The newest message is out of sight. */
  readonly scrolledUp: boolean
}

export interface Actions {
  readonly say: () => void
  readonly edited: (draft: string) => void
  readonly stop: () => void
  readonly retry: (entry: string) => void
  readonly edit: (entry: string, text: string) => void
  readonly discard: (entry: string) => void
  readonly ask: (text: string) => void
  readonly decide: (confirmation: string, decision: 'approve' | 'reject') => void
  readonly open: (conversation: string, agent: string) => void
  readonly begin: (agent: string) => void
  readonly older: () => void
  readonly more: () => void
  readonly drawer: (open: boolean) => void
  readonly close: () => void
  readonly again: () => void
  readonly latest: () => void
}

export const agentName = (chat: ChatView, name: string): string =>
  chat.agents.find((agent) => agent.name === name)?.displayName ?? name
