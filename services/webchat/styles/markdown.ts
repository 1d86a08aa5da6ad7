// A reply's text. Sizes stay close to the running text: a chat is no article.
import { css } from 'lit'

export const markdownStyles = css`
  .markdown {
    overflow-wrap: anywhere;
  }

  .markdown > .block + .block {
    margin-top: 0.75rem;
  }

  .markdown :is(h1, h2, h3, h4, h5, h6) {
    margin: 0.25rem 0 0;
    font: 600 0.9375rem/1.5rem var(--font);
  }

  .markdown :is(h1, h2) {
    font-size: 1.0625rem;
  }

  .markdown :is(ul, ol) {
    margin: 0;
    padding-left: 1.375rem;
  }

  .markdown li + li,
  .markdown li > :is(ul, ol) {
    margin-top: 0.25rem;
  }

  .markdown li::marker {
    color: var(--ink-soft);
  }

  .markdown blockquote {
    margin: 0;
    padding-left: 0.875rem;
    border-left: 3px solid var(--accent-line);
    color: var(--ink-soft);
  }

  .markdown hr {
    margin: 0.25rem 0;
    border: none;
    border-top: 1px solid var(--line);
  }

  .markdown a {
    color: var(--accent-ink);
    text-decoration-color: var(--accent-line);
    text-underline-offset: 0.2em;
  }

  .markdown a:hover {
    text-decoration-color: currentColor;
  }

  .link-host {
    color: var(--ink-soft);
    font-size: 0.8125em;
  }

  .markdown code {
    padding: 0.125em 0.3125em;
    border-radius: 0.3125rem;
    background: var(--sunken);
    font: 0.875em/1.5 var(--mono);
  }

  .code {
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: 0.75rem;
    background: var(--sunken);
  }

  .code-bar {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: 0.25rem 0.25rem 0.25rem 0.875rem;
    border-bottom: 1px solid var(--line);
    color: var(--ink-soft);
    font-size: 0.75rem;
  }

  .code-bar button {
    padding: 0.125rem 0.5rem;
    border-color: transparent;
    background: transparent;
    font-size: 0.75rem;
  }

  .code pre {
    padding: 0.75rem 0.875rem;
    overflow-x: auto;
    scrollbar-width: thin;
  }

  .code pre:focus-visible {
    outline-offset: -3px;
  }

  .code pre code {
    padding: 0;
    background: none;
    font: 0.8125rem/1.6 var(--mono);
    white-space: pre;
  }

  .table {
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: 0.75rem;
  }

  .table table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.875rem;
    line-height: 1.375rem;
  }

  .table :is(th, td) {
    padding: 0.4375rem 0.75rem;
    text-align: left;
    vertical-align: top;
    overflow-wrap: normal;
  }

  .table th {
    background: var(--sunken);
    font-weight: 600;
  }

  .table tbody tr {
    border-top: 1px solid var(--line);
  }

  .live > .block:last-child > :is(p, h1, h2, h3, h4, h5, h6):last-child::after {
    display: inline-block;
    width: 0.5rem;
    height: 0.5rem;
    margin-left: 0.375rem;
    border-radius: 50%;
    background: var(--accent);
    content: '';
    animation: breathe 1.2s ease-in-out infinite;
  }
`
