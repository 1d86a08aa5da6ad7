// Where the reader writes. Enter sends, Shift+Enter begins a new line; Enter that ends the input of a word in
// an input method does neither.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import { live } from 'lit/directives/live.js'
import { plainText } from '../plain-text.ts'
import { activeTurn } from '../transcript.ts'
import { icons } from './icons.ts'
import { agentName } from './screen.ts'
import type { Actions, Screen } from './screen.ts'

export const composer = (screen: Screen, actions: Actions): TemplateResult => {
  const { chat, draft } = screen
  const ready = chat.user !== null && chat.conversation.agent !== ''
  const name = plainText(agentName(chat, chat.conversation.agent))
  const submit = (event: Event): void => {
    event.preventDefault()
    actions.say()
  }
  return html`<form class="composer" @submit=${submit}>
    <div class="field">
      <textarea
        id="text"
        rows="1"
        aria-label=${`Message ${name}`}
        placeholder=${`Message ${name}`}
        enterkeyhint="send"
        .value=${live(draft)}
        @input=${(event: Event) => actions.edited((event.target as HTMLTextAreaElement).value)}
        @keydown=${(event: KeyboardEvent) => (isSend(event) ? submit(event) : undefined)}
      ></textarea>
      ${stopButton(screen, actions)}
      <button
        class="send"
        type="submit"
        aria-label="Send"
        title="Send"
        ?disabled=${!ready || draft.trim() === ''}
      >
        ${icons.send()}
      </button>
    </div>
  </form>`
}

const isSend = (event: KeyboardEvent): boolean =>
  event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229

const stopButton = ({ chat }: Screen, actions: Actions): TemplateResult | typeof nothing => {
  const turn = activeTurn(chat.conversation)
  if (turn === null) return nothing
  const stopping = chat.stopping.has(turn.turn)
  const label = stopping ? 'Stopping…' : 'Stop this reply'
  return html`<button
    class="stop"
    type="button"
    aria-label=${label}
    title=${label}
    ?disabled=${stopping}
    @click=${actions.stop}
  >
    ${icons.stop()}
  </button>`
}
