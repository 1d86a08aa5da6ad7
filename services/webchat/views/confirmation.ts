// An agent asks before it does something that cannot be undone. What is shown is the exact call, not a summary
// of it: the reader decides about what will run.
import { html } from 'lit'
import type { TemplateResult } from 'lit'
import type { Confirmation } from '../conversation-state.ts'
import { plainText } from '../plain-text.ts'
import type { Actions } from './screen.ts'

export const confirmationCard = (actions: Actions, confirmation: Confirmation): TemplateResult =>
  html`<section class="confirmation" aria-label="Your decision is needed">
    <p><strong>May I do this?</strong></p>
    <p class="tool">${plainText(confirmation.tool)}</p>
    <pre tabindex="0">${plainText(JSON.stringify(confirmation.arguments, null, 2) ?? '')}</pre>
    <p class="choices">
      <button
        class="primary"
        type="button"
        @click=${() => actions.decide(confirmation.confirmation, 'approve')}
      >
        Yes, do it
      </button>
      <button type="button" @click=${() => actions.decide(confirmation.confirmation, 'reject')}>No</button>
    </p>
  </section>`
