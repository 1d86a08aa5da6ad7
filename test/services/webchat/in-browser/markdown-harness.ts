// Runs in the browser, bundled as the page is: shows a text as a reply would be shown, once for every prefix of it
// as while it is written, and tells what is in the document that must not be there.
import { markdownBlocks } from '../../../../services/webchat/render-markdown.ts'
import { steadyTail } from '../../../../services/webchat/steady-tail.ts'

const allowed: Readonly<Record<string, readonly string[]>> = {
  A: ['href', 'target', 'rel'],
  BUTTON: ['type', 'data-copy', 'aria-label'],
  CODE: ['class'],
  DIV: ['class', 'tabindex', 'role', 'aria-label'],
  OL: ['start'],
  PRE: ['tabindex'],
  SPAN: ['class'],
}

const plain = 'P BR HR STRONG EM DEL UL LI BLOCKQUOTE H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TR TH TD'.split(' ')

const hidden = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\u{E0000}-\u{E0FFF}]/u

const problemsIn = (root: Element): string[] =>
  [...root.querySelectorAll('*')].flatMap((element) => {
    const names = allowed[element.tagName] ?? (plain.includes(element.tagName) ? [] : null)
    if (names === null) return [`<${element.localName}>`]
    const attributes = element.getAttributeNames().filter((name) => !names.includes(name))
    const start = element.getAttribute('start') ?? '1'
    return [
      ...attributes.map((name) => `${element.localName} ${name}`),
      ...(/^\d{1,9}$/.test(start) ? [] : [`list from ${start}`]),
      ...linkProblems(element),
    ]
  })

const linkProblems = (element: Element): string[] => {
  if (!(element instanceof HTMLAnchorElement)) return []
  const { protocol, host, pathname, username } = new URL(element.href)
  const place = protocol === 'mailto:' ? pathname : host
  const told = `${element.textContent} ${element.nextElementSibling?.textContent ?? ''}`
  return [
    ...(['http:', 'https:', 'mailto:'].includes(protocol) ? [] : [`link to ${protocol}`]),
    ...(element.rel === 'noopener noreferrer nofollow' && element.target === '_blank'
      ? []
      : ['link with its page']),
    ...(told.includes(place) && username === '' ? [] : [`link that does not say ${place}`]),
  ]
}

const show = (root: Element, text: string): string[] => {
  root.replaceChildren(...markdownBlocks(text).map((block) => block.render()))
  return [...problemsIn(root), ...(hidden.test(root.textContent) ? ['hidden characters'] : [])]
}

/** Problems of the text and of each of its beginnings, as they stand and as they are shown while being written. */
const showAll = (text: string): string[] => {
  const root = document.createElement('main')
  document.body.replaceChildren(root)
  const ends = Array.from({ length: text.length }, (_, index) => index + 1)
  const problems = ends.flatMap((end) => {
    const prefix = text.slice(0, end)
    return [...show(root, steadyTail(prefix)), ...show(root, prefix)]
  })
  return [...new Set(problems)]
}

Object.assign(globalThis, { showAll, textOf: () => document.body.textContent })
