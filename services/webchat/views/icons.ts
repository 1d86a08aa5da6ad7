// The few line icons of the page, drawn on a 20 by 20 grid. Decorative: the button says what it does.
import { html, svg } from 'lit'
import type { TemplateResult } from 'lit'

const icon = (shape: TemplateResult): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
    ${shape}
  </svg>`

export const icons = {
  menu: () => icon(svg`<path d="M3.5 6h13M3.5 10h13M3.5 14h8" />`),
  compose: () =>
    icon(
      svg`<path d="M10 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16h9a1.5 1.5 0 0 0 1.5-1.5V10M8.5 11.5 16 4" />`,
    ),
  close: () => icon(svg`<path d="m5 5 10 10M15 5 5 15" />`),
  send: () => icon(svg`<path d="M10 16V4.5M5 9l5-5 5 5" />`),
  stop: () =>
    icon(svg`<rect x="5.5" y="5.5" width="9" height="9" rx="2" fill="currentColor" stroke="none" />`),
  down: () => icon(svg`<path d="m5 8 5 5 5-5" />`),
  chat: () =>
    icon(
      svg`<path d="M10 3.5c4 0 7 2.6 7 6s-3 6-7 6c-.9 0-1.8-.1-2.6-.4L3.8 16.6l.9-3A5.6 5.6 0 0 1 3 9.500c0-3.4 3-6 7-6Z" />`,
    ),
  retry: () => icon(svg`<path d="M15.5 10a5.5 5.5 0 1 1-1.6-3.900L15.5 7.700M15.5 4v3.700h-3.7" />`),
  alert: () => icon(svg`<circle cx="10" cy="10" r="6.5" /><path d="M10 7v3.500M10 13.200v.1" />`),
  lock: () =>
    icon(svg`<rect x="4.5" y="9" width="11" height="7.5" rx="2" /><path d="M7 9V7a3 3 0 0 1 6 0v2" />`),
} as const
