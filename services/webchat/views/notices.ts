// When there is no chat to be had, and when it is away for a while.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { endings, refusalSentence } from '../sentences.ts'
import { iconButton } from './header.ts'
import { icons } from './icons.ts'
import type { Actions, Screen } from './screen.ts'

/** Instead of the talk; null while there is something to wait for. */
export const endedView = (screen: Screen, actions: Actions): TemplateResult | null => {
  const { link } = screen.chat
  if (link.name !== 'ended') return null
  const { title, text, again } = endings[link.why]
  return html`<div class="ended" role="alert">
    ${
      screen.closable
        ? html`<p class="corner">
            ${iconButton({ label: 'Close chat', icon: icons.close(), act: actions.close })}
          </p>`
        : nothing
    }
    <span class="emblem">${link.why === 'sign-in' ? icons.lock() : icons.alert()}</span>
    <h2>${title}</h2>
    <p>${text}</p>
    ${
      again === null
        ? nothing
        : html`<button class="primary" type="button" @click=${actions.again}>${again}</button>`
    }
  </div>`
}

/** Above the composer. The reader may go on writing: what is said now is sent when the connection is back. */
export const linkNotice = (screen: Screen, actions: Actions): TemplateResult => {
  const { chat, unsteady, online } = screen
  const retry = html`<button type="button" @click=${actions.again}>Try now</button>`
  return html`<div class="notice" role="status">
    ${
      unsteady
        ? html`<p>
            <span class="pulse" aria-hidden="true"></span>
            <span
              >${online ? 'Connection lost. Reconnecting…' : 'You are offline. Messages wait until you are back.'}</span
            >
            ${online ? retry : nothing}
          </p>`
        : nothing
    }
    ${chat.notice === null ? nothing : html`<p>${icons.alert()} <span>${refusalSentence(chat.notice)}</span></p>`}
  </div>`
}
