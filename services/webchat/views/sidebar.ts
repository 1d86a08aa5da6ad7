// The reader's conversations: beside the talk where there is room, over it where there is none.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ConversationSummary } from '../../shared/domain/message.ts'
import { plainText } from '../plain-text.ts'
import { iconButton } from './header.ts'
import { icons } from './icons.ts'
import { agentName } from './screen.ts'
import type { Actions, Screen } from './screen.ts'

export const sidebar = (screen: Screen, actions: Actions): TemplateResult => {
  const { chat, wide } = screen
  const { conversations, cursor } = chat.list
  return html`<nav
    class="sidebar"
    id="sidebar"
    aria-label="Conversations"
    @keydown=${closeOnEscape(screen, actions)}
  >
    <div class="bar">
      <h2>Conversations</h2>
      ${
        wide
          ? nothing
          : iconButton({ label: 'Close the list', icon: icons.close(), act: () => actions.drawer(false) })
      }
    </div>
    <button
      class="begin"
      type="button"
      ?disabled=${chat.user === null}
      @click=${() => actions.begin(chat.conversation.agent)}
    >
      ${icons.compose()} New conversation
    </button>
    <ul>
      ${repeat(
        conversations,
        ({ id }) => id,
        (summary) => html`<li>${conversationLink(screen, actions, summary)}</li>`,
      )}
    </ul>
    ${conversations.length === 0 ? html`<p class="hush">Your conversations will appear here.</p>` : nothing}
    ${
      cursor === null
        ? nothing
        : html`<button class="older" type="button" @click=${actions.more}>Show more</button>`
    }
  </nav>`
}

const conversationLink = ({ chat }: Screen, actions: Actions, summary: ConversationSummary): TemplateResult =>
  html`<button
    class="conversation"
    type="button"
    aria-current=${summary.id === chat.conversation.id ? 'true' : nothing}
    @click=${() => actions.open(summary.id, summary.agent)}
  >
    <span class="title">${plainText(summary.title) || 'Conversation'}</span>
    <span class="about">
      <span>${plainText(agentName(chat, summary.agent))}</span>
      <time datetime=${summary.updatedAt}>${formatAge(summary.updatedAt)}</time>
    </span>
  </button>`

const closeOnEscape =
  ({ drawer }: Screen, actions: Actions) =>
  (event: KeyboardEvent): void => {
    if (!drawer || event.key !== 'Escape') return
    event.stopPropagation()
    actions.drawer(false)
  }

const formatAge = (at: string): string => {
  const date = new Date(at)
  const today = new Date().toDateString() === date.toDateString()
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
}
