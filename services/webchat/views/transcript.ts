// The talk itself, or a welcome where there is none yet.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { AgentCard } from '../../shared/domain/frames.ts'
import { plainText } from '../plain-text.ts'
import { avatar } from './avatar.ts'
import { confirmationCard } from './confirmation.ts'
import { icons } from './icons.ts'
import { transcriptEntry } from './message.ts'
import type { Actions, Screen } from './screen.ts'

export const transcriptView = (screen: Screen, actions: Actions): TemplateResult => {
  const { chat, items } = screen
  const { confirmation } = chat.conversation
  return html`<div
    class="scroller"
    id="scroller"
    role="log"
    aria-live="off"
    aria-label="Conversation"
    tabindex="0"
  >
    <div class="column">
      ${olderButton(screen, actions)} ${items.length === 0 ? emptyState(screen, actions) : nothing}
      ${repeat(
        items,
        ({ key }) => key,
        (item) =>
          html`<div class="entry" data-kind=${item.kind}>${transcriptEntry(screen, actions, item)}</div>`,
      )}
      ${confirmation === null ? nothing : confirmationCard(actions, confirmation)}
    </div>
  </div>`
}

const olderButton = ({ chat, items }: Screen, actions: Actions): TemplateResult | typeof nothing => {
  if (items.length === 0 || (chat.older !== 'some' && chat.older !== 'loading')) return nothing
  const loading = chat.older === 'loading'
  return html`<button class="older" type="button" ?disabled=${loading} @click=${actions.older}>
    ${loading ? 'Loading…' : 'Show earlier messages'}
  </button>`
}

const emptyState = (screen: Screen, actions: Actions): TemplateResult | typeof nothing => {
  const { chat } = screen
  if (chat.user === null) return html`<p class="hush" role="status">Connecting…</p>`
  if (chat.begun) return html`<p class="hush">Loading this conversation…</p>`
  const agent = chat.agents.find(({ name }) => name === chat.conversation.agent)
  if (agent === undefined) return html`<p class="hush">Nobody is here to talk to at the moment.</p>`
  return html`<div class="welcome">
    ${avatar(agent.displayName, 'large')}
    <h2>${plainText(agent.displayName)}</h2>
    <p>${plainText(agent.greeting) || `Ask ${plainText(agent.displayName)} anything.`}</p>
    ${chat.agents.length > 1 ? agentChoice(screen, actions) : nothing}
  </div>`
}

const agentChoice = ({ chat }: Screen, actions: Actions): TemplateResult =>
  html`<fieldset class="agents">
    <legend>Who would you like to talk to?</legend>
    ${chat.agents.map((agent) => agentOption(agent, agent.name === chat.conversation.agent, actions))}
  </fieldset>`

const agentOption = (agent: AgentCard, chosen: boolean, actions: Actions): TemplateResult =>
  html`<label class="agent">
    <input
      class="visually-hidden"
      type="radio"
      name="agent"
      .value=${agent.name}
      .checked=${chosen}
      @change=${() => actions.begin(agent.name)}
    />
    ${avatar(agent.displayName)}
    <span class="agent-text">
      <span class="agent-name">${plainText(agent.displayName)}</span>
      <span class="agent-greeting">${plainText(agent.greeting)}</span>
    </span>
  </label>`

export const jumpButton = (screen: Screen, actions: Actions): TemplateResult | typeof nothing =>
  screen.scrolledUp
    ? html`<button class="jump" type="button" aria-label="Go to the newest message" @click=${actions.latest}>
        ${icons.down()}
      </button>`
    : nothing
