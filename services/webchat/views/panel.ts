// The whole chat: the list of conversations, the bar, the talk, the composer.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { composer } from './composer.ts'
import { header } from './header.ts'
import { endedView, linkNotice } from './notices.ts'
import type { Actions, Screen } from './screen.ts'
import { sidebar } from './sidebar.ts'
import { jumpButton, transcriptView } from './transcript.ts'

export const panel = (screen: Screen, actions: Actions): TemplateResult => {
  const ended = endedView(screen, actions)
  if (ended !== null) return html`<div class="shell" id="shell">${ended}</div>`
  return html`<div class="shell ${screen.wide ? 'wide' : ''}" id="shell">
    ${screen.wide || screen.drawer ? sidebar(screen, actions) : nothing}
    ${
      screen.drawer
        ? html`<div class="veil" aria-hidden="true" @click=${() => actions.drawer(false)}></div>`
        : nothing
    }
    <section class="chat" aria-label="Chat" ?inert=${screen.drawer}>
      ${header(screen, actions)} ${transcriptView(screen, actions)}
      <div class="foot">
        ${jumpButton(screen, actions)} ${linkNotice(screen, actions)} ${composer(screen, actions)}
      </div>
    </section>
  </div>`
}
