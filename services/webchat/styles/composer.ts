// The field at the foot, and what is told just above it.
import { css } from 'lit'

export const composerStyles = css`
  .foot {
    position: relative;
    flex: none;
    width: 100%;
    max-width: var(--column);
    margin: 0 auto;
    padding: 0 1.25rem max(1rem, env(safe-area-inset-bottom));
  }

  .field {
    display: flex;
    align-items: flex-end;
    gap: 0.375rem;
    padding: 0.375rem;
    border: 1px solid var(--line-strong);
    border-radius: 1.375rem;
    background: var(--raised);
    transition: border-color var(--quick);
  }

  .field:focus-within {
    border-color: var(--accent);
    box-shadow: 0 0 0 3px color-mix(in oklab, var(--accent) 18%, transparent);
  }

  textarea {
    flex: 1;
    min-width: 0;
    max-height: 11rem;
    padding: 0.3125rem 0.625rem;
    border: none;
    outline: none;
    background: transparent;
    color: inherit;
    font: 1rem/1.5 var(--font);
    resize: none;
  }

  textarea::placeholder {
    color: var(--ink-soft);
    opacity: 1;
  }

  .send,
  .stop {
    display: grid;
    place-items: center;
    flex: none;
    width: 2.125rem;
    height: 2.125rem;
    padding: 0;
    border: none;
    border-radius: 50%;
  }

  .send {
    background: var(--accent);
    color: var(--on-accent);
  }

  .send:hover:enabled {
    background: color-mix(in oklab, var(--accent) 88%, var(--ink));
  }

  .send:disabled {
    background: var(--line);
    color: var(--ink-soft);
    opacity: 1;
  }

  .stop {
    background: var(--sunken);
    color: var(--ink);
  }

  .notice p {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    padding: 0 0.5rem 0.5rem;
    color: var(--ink-soft);
    font-size: var(--small);
  }

  .notice p > span:not(.pulse) {
    flex: 1;
  }

  .pulse {
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: light-dark(#b7791f, #e0b15c);
    animation: breathe 1.6s ease-in-out infinite;
  }

  .jump {
    position: absolute;
    z-index: 1;
    top: -3rem;
    left: calc(50% - 1.125rem);
    display: grid;
    place-items: center;
    width: 2.25rem;
    height: 2.25rem;
    padding: 0;
    border-radius: 50%;
    box-shadow: var(--shadow);
    animation: fade-in 140ms linear;
  }
`
