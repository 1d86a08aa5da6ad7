// A reply's markdown as DOM nodes that can do nothing but be read. What an agent writes may be steered by a
// stranger's text, so nothing it holds may run, load or send: no markup of its own, no image, no style, no
// address but web and mail, and each link says where it goes.
//
// Three layers, each enough by itself: marked is told to write raw HTML and images as text; DOMPurify lets only
// the tags below through; the page's content security policy allows no other source. They hold for every prefix
// of a text too, since a reply is rendered while it is written.
import DOMPurify from 'dompurify'
import type { Config } from 'dompurify'
import { Marked } from 'marked'
import type { Token, TokensList } from 'marked'
import { plainText } from './plain-text.ts'
import { safeLink } from './safe-link.ts'

/** One top-level piece of a text: a paragraph, a list, a code block. Equal keys render equally. */
export interface MarkdownBlock {
  readonly key: string
  readonly render: () => DocumentFragment
}

const escapeHtml = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? '',
  )

const markdown = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => (/^<br\s*\/?>$/i.test(text.trim()) ? '<br>' : escapeHtml(text)),
    image: ({ text }) => escapeHtml(text),
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
})

const allowedTags =
  'p br hr strong em del a ul ol li blockquote pre code h1 h2 h3 h4 h5 h6 table thead tbody tr th td'

const allowed: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: allowedTags.split(' '),
  ALLOWED_ATTR: ['href', 'start', 'class'],
  // Else it would have to look like an address. marked writes nothing but a list's digits there.
  ADD_URI_SAFE_ATTR: ['start'],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  KEEP_CONTENT: true,
  RETURN_DOM_FRAGMENT: true,
}

export const markdownBlocks = (text: string): readonly MarkdownBlock[] => {
  const tokens = markdown.lexer(plainText(text))
  // A definition at the end of a text changes links at its start.
  const links = JSON.stringify(tokens.links)
  return tokens
    .filter(({ type }) => type !== 'space' && type !== 'def')
    .map((token) => ({ key: `${token.raw}\n${links}`, render: () => renderToken(token, tokens.links) }))
}

const renderToken = (token: Token, links: TokensList['links']): DocumentFragment => {
  const html = markdown.parser(Object.assign([token], { links }))
  const fragment = DOMPurify.sanitize(html, allowed)
  for (const element of fragment.querySelectorAll('[class]')) keepLanguage(element)
  for (const node of textNodes(fragment)) node.data = plainText(node.data)
  for (const anchor of fragment.querySelectorAll('a')) dressLink(anchor)
  for (const table of fragment.querySelectorAll('table')) wrap(table, 'table')
  for (const pre of fragment.querySelectorAll('pre')) dressCode(pre)
  return fragment
}

const textNodes = (fragment: DocumentFragment): readonly Text[] => {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT)
  const nodes: Text[] = []
  while (walker.nextNode() !== null) nodes.push(walker.currentNode as Text)
  return nodes
}

const dressLink = (anchor: HTMLAnchorElement): void => {
  const link = safeLink(anchor.getAttribute('href') ?? '', anchor.textContent)
  if (link === null) return anchor.replaceWith(...anchor.childNodes)
  anchor.href = link.href
  anchor.target = '_blank'
  anchor.rel = 'noopener noreferrer nofollow'
  if (link.host === null) return
  const host = document.createElement('span')
  host.className = 'link-host'
  host.textContent = `(${link.host})`
  anchor.after(' ', host)
}

/** The only class that markdown has a use for. */
const keepLanguage = (element: Element): void => {
  const language = /^language-([\w+#.-]{1,24})$/.exec(element.className)
  if (element.tagName !== 'CODE' || language === null) element.removeAttribute('class')
}

/** Wide tables scroll in themselves; a reader without a mouse scrolls them by focus. */
const wrap = (element: Element, className: string): void => {
  const frame = document.createElement('div')
  frame.className = className
  frame.tabIndex = 0
  frame.role = 'group'
  frame.ariaLabel = 'Table'
  element.replaceWith(frame)
  frame.append(element)
}

/** The button is wired by whoever shows the block: `data-copy` marks it. */
const dressCode = (pre: HTMLPreElement): void => {
  const code = pre.querySelector('code')
  const language = code?.className.replace('language-', '') ?? ''
  const figure = document.createElement('div')
  figure.className = 'code'
  const bar = document.createElement('div')
  bar.className = 'code-bar'
  const label = document.createElement('span')
  label.textContent = language === '' ? 'Text' : language
  const copy = document.createElement('button')
  copy.type = 'button'
  copy.dataset['copy'] = ''
  copy.textContent = 'Copy'
  copy.ariaLabel = 'Copy this code'
  bar.append(label, copy)
  pre.tabIndex = 0
  pre.replaceWith(figure)
  figure.append(bar, pre)
}

/** The same text for the ear: without buttons and labels. */
export const spokenText = (text: string): string =>
  markdownBlocks(text)
    .map(({ render }) => {
      const fragment = render()
      for (const bar of fragment.querySelectorAll('.code-bar')) bar.remove()
      return fragment.textContent.trim()
    })
    .join('\n')
