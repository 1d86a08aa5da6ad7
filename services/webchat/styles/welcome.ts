// Before the first word: who is there, and whom to choose.
import { css } from 'lit'

export const welcomeStyles = css`
  .column > .hush {
    margin: auto;
  }

  .welcome {
    display: grid;
    justify-items: center;
    gap: 0.5rem;
    width: 100%;
    margin: auto;
    padding: 1rem 0;
    text-align: center;
  }

  .welcome h2 {
    margin-top: 0.5rem;
    font: 600 1.375rem/1.75rem var(--font);
    letter-spacing: -0.01em;
  }

  .welcome > p {
    max-width: 28rem;
    color: var(--ink-soft);
    font-size: 1rem;
    text-wrap: balance;
  }

  .agents {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
    gap: 0.625rem;
    width: 100%;
    max-width: 34rem;
    margin-top: 1.75rem;
    border: none;
  }

  .agents legend {
    margin: 0 auto 0.75rem;
    color: var(--ink-soft);
    font-size: var(--small);
  }

  .agent {
    position: relative;
    display: flex;
    align-items: center;
    gap: 0.75rem;
    padding: 0.75rem;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--raised);
    text-align: left;
    cursor: pointer;
    transition: border-color var(--quick);
  }

  .agent:hover {
    border-color: var(--accent-line);
  }

  .agent:has(:checked) {
    border-color: var(--accent);
    box-shadow: inset 0 0 0 1px var(--accent);
  }

  .agent-text {
    min-width: 0;
  }

  .agent-name {
    display: block;
    font-weight: 600;
    font-size: 0.875rem;
    line-height: 1.25rem;
  }

  .agent-greeting {
    display: -webkit-box;
    overflow: hidden;
    color: var(--ink-soft);
    font-size: 0.75rem;
    line-height: 1.125rem;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }
`
