// The bar above the talk: who one talks to, and the ways out of here.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { plainText } from '../plain-text.ts'
import { avatar } from './avatar.ts'
import { icons } from './icons.ts'
import { agentName } from './screen.ts'
import type { Actions, Screen } from './screen.ts'

export const header = (screen: Screen, actions: Actions): TemplateResult => {
  const { chat, wide, closable } = screen
  const name = plainText(agentName(chat, chat.conversation.agent))
  return html`<header class="bar">
    ${
      wide
        ? nothing
        : iconButton({
            label: 'Conversations',
            icon: icons.menu(),
            act: () => actions.drawer(true),
            id: 'menu',
          })
    }
    ${name === '' ? nothing : avatar(name)}
    <div class="who">
      <h1>${name || 'Chat'}</h1>
      <p class="presence">${presence(screen)}</p>
    </div>
    ${
      chat.begun
        ? iconButton({
            label: 'New conversation',
            icon: icons.compose(),
            act: () => actions.begin(chat.conversation.agent),
          })
        : nothing
    }
    ${closable ? iconButton({ label: 'Close chat', icon: icons.close(), act: actions.close }) : nothing}
  </header>`
}

const presence = ({ chat, unsteady }: Screen): string => {
  if (unsteady) return 'Reconnecting…'
  if (chat.conversation.owner?.kind === 'human')
    return `${plainText(chat.conversation.owner.name)} has taken over`
  return chat.user === null ? 'Connecting…' : 'AI agent'
}

interface IconButton {
  readonly label: string
  readonly icon: TemplateResult
  readonly act: () => void
  readonly id?: string
}

export const iconButton = ({ label, icon, act, id }: IconButton): TemplateResult =>
  html`<button
    class="icon-button"
    type="button"
    id=${id ?? nothing}
    aria-label=${label}
    title=${label}
    @click=${act}
  >
    ${icon}
  </button>`
