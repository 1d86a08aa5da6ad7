// One entry of the transcript.
import { html, nothing } from 'lit'
import type { TemplateResult } from 'lit'
import type { Message } from '../../shared/domain/message.ts'
import { plainText } from '../plain-text.ts'
import { steadyTail } from '../steady-tail.ts'
import { isFinal, refusalSentence, stateWord } from '../sentences.ts'
import type { TranscriptItem } from '../transcript.ts'
import { isActive } from '../turns.ts'
import { avatar } from './avatar.ts'
import { icons } from './icons.ts'
import { markdown } from './markdown.ts'
import { agentName } from './screen.ts'
import type { Actions, Screen } from './screen.ts'

type Item<Kind extends TranscriptItem['kind']> = Extract<TranscriptItem, { kind: Kind }>

export const transcriptEntry = (
  screen: Screen,
  actions: Actions,
  item: TranscriptItem,
): TemplateResult | typeof nothing => {
  if (item.kind === 'day') return html`<p class="day">${formatDay(item.at)}</p>`
  if (item.kind === 'message') return storedMessage(screen, item.message)
  if (item.kind === 'reply') return liveReply(screen, item)
  if (item.kind === 'failure') return failure(screen, actions, item)
  return item.entry.refusal === null ? sendingMessage(item) : refusedMessage(screen, actions, item)
}

const storedMessage = (screen: Screen, message: Message): TemplateResult | typeof nothing => {
  if (message.role === 'system') return html`<p class="system">${plainText(message.text)}</p>`
  if (message.role === 'user') return ownMessage(message)
  if (message.text === '' && isToldBelow(screen, message)) return nothing
  return reply({
    name: agentName(screen.chat, message.author),
    human: message.role === 'human',
    body: html`<div class="markdown" ${markdown(wholeText(message))}></div>
      ${endingMark(screen, message)}`,
  })
}

/** What was cut off in the middle of a mark is shown without the half mark, as it was while it was written. */
const wholeText = ({ text, finish }: Message): string => (finish === 'complete' ? text : steadyTail(text))

const endings: Readonly<Record<Message['finish'], string | null>> = {
  complete: null,
  stopped: 'Stopped here at your request.',
  failed: 'An error ended this reply.',
}

/** The newest failure is told in full below its message. */
const isToldBelow = ({ chat }: Screen, { id, finish }: Message): boolean =>
  finish === 'failed' && chat.conversation.messages.at(-1)?.id === id

const endingMark = (screen: Screen, message: Message): TemplateResult | typeof nothing => {
  const sentence = endings[message.finish]
  return sentence === null || isToldBelow(screen, message) ? nothing : html`<p class="mark">${sentence}</p>`
}

const ownMessage = ({ text, createdAt }: Message): TemplateResult =>
  html`<div class="own">
    <span class="visually-hidden">You said:</span>
    <p class="bubble" title=${formatTime(createdAt)}>${plainText(text)}</p>
  </div>`

interface Reply {
  readonly name: string
  readonly human: boolean
  readonly body: TemplateResult
}

/** Also for the reply being written, so that its text stays in place when the message replaces it. */
const reply = ({ name, human, body }: Reply): TemplateResult =>
  html`<div class="reply">
    ${avatar(name)}
    <div class="said">
      <p class="author">${plainText(name)}${human ? html`<span class="badge">Person</span>` : nothing}</p>
      ${body}
    </div>
  </div>`

const liveReply = (screen: Screen, { turn }: Item<'reply'>): TemplateResult => {
  const { conversation } = screen.chat
  const writing = turn.state === 'writing' && turn.text !== ''
  return reply({
    name: agentName(screen.chat, conversation.owner?.name ?? conversation.agent),
    human: false,
    body: html`<div
        class="markdown ${writing ? 'live' : ''}"
        ${markdown(writing ? steadyTail(turn.text) : turn.text)}
      ></div>
      ${
        writing || !isActive(turn)
          ? nothing
          : html`<p class="working">
              <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
              <span>${stateWord(turn.state)}…</span>
            </p>`
      }`,
  })
}

const sendingMessage = ({ entry }: Item<'sending'>): TemplateResult =>
  html`<div class="own ${entry.message === null ? 'sending' : ''}">
    <span class="visually-hidden">You said:</span>
    <p class="bubble">${plainText(entry.text)}</p>
    ${entry.message === null ? html`<p class="mark late">Sending…</p>` : nothing}
  </div>`

const refusedMessage = ({ now }: Screen, actions: Actions, { entry }: Item<'sending'>): TemplateResult => {
  const code = entry.refusal?.code ?? 'INTERNAL'
  const early = now < (entry.refusal?.retryAt ?? 0)
  return html`<div class="own refused">
    <span class="visually-hidden">Not sent:</span>
    <p class="bubble">${plainText(entry.text)}</p>
    <p class="mark">${icons.alert()} <span>${refusalSentence(code)}</span></p>
    <p class="choices">
      ${
        isFinal(code)
          ? nothing
          : html`<button type="button" ?disabled=${early} @click=${() => actions.retry(entry.id)}>
              Send again
            </button>`
      }
      <button type="button" @click=${() => actions.edit(entry.id, entry.text)}>Edit</button>
      <button type="button" @click=${() => actions.discard(entry.id)}>Discard</button>
    </p>
  </div>`
}

const failure = (screen: Screen, actions: Actions, { code, question }: Item<'failure'>): TemplateResult =>
  html`<div class="failure">
    ${icons.alert()}
    <p>${refusalSentence(code)}</p>
    ${
      question === null || screen.chat.user === null
        ? nothing
        : html`<button type="button" @click=${() => actions.ask(question)}>
            ${icons.retry()} Ask again
          </button>`
    }
  </div>`

const formatDay = (at: string): string =>
  new Date(at).toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

const formatTime = (at: string): string => new Date(at).toLocaleString()
