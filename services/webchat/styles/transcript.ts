// The talk: the reader's words in bubbles on the right, replies as plain text over the full width.
import { css } from 'lit'

export const transcriptStyles = css`
  .scroller {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    overflow-anchor: none;
    overscroll-behavior: contain;
    scrollbar-color: var(--line) transparent;
    scrollbar-width: thin;
  }

  .column {
    display: flex;
    flex-direction: column;
    gap: 1.375rem;
    max-width: var(--column);
    min-height: 100%;
    margin: 0 auto;
    padding: 1.5rem 1.25rem;
  }

  .entry {
    min-width: 0;
  }

  .entry:is([data-kind='sending'], [data-kind='reply'], [data-kind='failure']) {
    animation: appear 180ms cubic-bezier(0.2, 0, 0, 1);
  }

  .own {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    gap: 0.25rem;
  }

  .bubble {
    max-width: min(85%, 34rem);
    padding: 0.625rem 0.9375rem;
    border-radius: 1.125rem 1.125rem 0.3125rem;
    background: var(--accent-wash);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }

  .refused .bubble {
    border: 1px dashed var(--alert);
    background: var(--alert-wash);
  }

  .mark {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    color: var(--ink-soft);
    font-size: 0.75rem;
    line-height: 1.25rem;
  }

  .mark .icon {
    width: 1rem;
    height: 1rem;
  }

  .refused .mark {
    color: var(--alert);
  }

  .late {
    animation: fade-in 200ms 800ms linear backwards;
  }

  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }

  .reply {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0.75rem;
  }

  .said {
    min-width: 0;
    padding-top: 0.1875rem;
  }

  .shell:not(.wide) .reply {
    gap: 0.5rem 0.625rem;
  }

  .shell:not(.wide) .said {
    display: contents;
  }

  .shell:not(.wide) .said > :not(.author) {
    grid-column: 1 / -1;
  }

  .shell:not(.wide) .reply > .avatar {
    width: 1.5rem;
    height: 1.5rem;
    font-size: 0.625rem;
  }

  .shell:not(.wide) .author {
    margin: 0;
    align-self: center;
  }

  .author {
    margin-bottom: 0.25rem;
    font-weight: 600;
    font-size: var(--small);
  }

  .badge {
    margin-left: 0.5rem;
    padding: 0.0625rem 0.4375rem;
    border-radius: 1rem;
    background: var(--accent-wash);
    color: var(--accent-ink);
    font-weight: 500;
    font-size: 0.6875rem;
  }

  .said > .mark {
    margin-top: 0.5rem;
  }

  .working {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    min-height: 1.5rem;
    color: var(--ink-soft);
    font-size: var(--small);
  }

  .dots {
    display: inline-flex;
    gap: 0.25rem;
  }

  .dots i {
    width: 0.375rem;
    height: 0.375rem;
    border-radius: 50%;
    background: var(--accent);
    animation: breathe 1.2s ease-in-out infinite;
  }

  .dots i:nth-child(2) {
    animation-delay: 160ms;
  }
  .dots i:nth-child(3) {
    animation-delay: 320ms;
  }

  .day,
  .system {
    color: var(--ink-soft);
    font-size: 0.75rem;
    text-align: center;
  }

  .failure,
  .confirmation {
    border: 1px solid var(--alert-line);
    border-radius: var(--radius);
    background: var(--alert-wash);
    padding: 0.75rem 0.875rem;
  }

  .failure {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    color: var(--alert);
    font-size: var(--small);
  }

  .failure p {
    flex: 1 1 12rem;
  }

  .failure button {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    color: var(--ink);
  }

  .failure button .icon {
    width: 1rem;
    height: 1rem;
  }

  .confirmation {
    display: grid;
    gap: 0.625rem;
    border-color: var(--accent-line);
    background: var(--raised);
  }

  .confirmation .tool {
    font-family: var(--mono);
    font-size: var(--small);
  }

  .confirmation pre {
    max-height: 14rem;
    padding: 0.625rem 0.75rem;
    overflow: auto;
    border-radius: 0.5rem;
    background: var(--sunken);
    font: 0.8125rem/1.5 var(--mono);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }

  .older {
    align-self: center;
    color: var(--ink-soft);
  }

  @keyframes appear {
    from {
      transform: translateY(0.25rem);
      opacity: 0;
    }
  }

  @keyframes breathe {
    0%,
    60%,
    100% {
      opacity: 0.3;
    }
    30% {
      opacity: 1;
    }
  }
`
