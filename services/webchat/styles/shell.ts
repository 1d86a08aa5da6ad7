// Where the parts stand: the list beside the talk or over it, the bar, the panel of a launcher.
import { css } from 'lit'

export const shell = css`
  :host {
    display: block;
  }

  :host([layout='inline']) {
    height: 100%;
    min-height: 22rem;
  }

  .frame {
    height: 100%;
    overflow: hidden;
    background: var(--surface);
  }

  .shell {
    position: relative;
    display: flex;
    height: 100%;
    overflow: hidden;
  }

  .chat {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
  }

  .bar {
    display: flex;
    flex: none;
    align-items: center;
    gap: 0.625rem;
    min-height: 3.75rem;
    padding: 0.5rem 0.75rem;
  }

  .chat > .bar {
    border-bottom: 1px solid var(--line);
  }

  .wide .chat > .bar {
    padding-inline: 1.25rem;
  }

  .who {
    flex: 1;
    min-width: 0;
  }

  .who h1 {
    overflow: hidden;
    font: 600 0.9375rem/1.25rem var(--font);
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .presence {
    overflow: hidden;
    color: var(--ink-soft);
    font-size: 0.75rem;
    line-height: 1rem;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .sidebar {
    display: flex;
    flex: none;
    flex-direction: column;
    gap: 0.25rem;
    width: 17.5rem;
    padding: 0 0.75rem 0.75rem;
    overflow-y: auto;
    border-right: 1px solid var(--line);
    background: var(--sunken);
  }

  .shell:not(.wide) .sidebar {
    position: absolute;
    z-index: 2;
    inset: 0 auto 0 0;
    width: min(20rem, 86%);
    box-shadow: var(--shadow);
    animation: slide-in 180ms cubic-bezier(0.2, 0, 0, 1);
  }

  .veil {
    position: absolute;
    z-index: 1;
    inset: 0;
    background: #0006;
    animation: fade-in 180ms linear;
  }

  .sidebar .bar {
    justify-content: space-between;
    padding: 0.5rem;
    padding-right: 0;
  }

  .sidebar h2 {
    font: 600 var(--small) / 1.25rem var(--font);
    letter-spacing: 0.01em;
  }

  .begin {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    margin-bottom: 0.5rem;
    padding: 0.5rem 0.625rem;
    text-align: left;
  }

  .sidebar ul {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.125rem;
    list-style: none;
  }

  .conversation {
    width: 100%;
    padding: 0.5rem 0.625rem;
    border-color: transparent;
    background: transparent;
    text-align: left;
  }

  .conversation[aria-current] {
    background: var(--accent-wash);
  }

  .conversation .title {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .conversation .about {
    display: flex;
    justify-content: space-between;
    gap: 0.5rem;
    color: var(--ink-soft);
    font-weight: 400;
    font-size: 0.75rem;
    line-height: 1.125rem;
  }

  .ended {
    display: grid;
    flex: 1;
    align-content: center;
    justify-items: center;
    gap: 0.75rem;
    padding: 2rem;
    text-align: center;
  }

  .ended h2 {
    font: 600 1.25rem/1.75rem var(--font);
  }

  .ended > p {
    max-width: 26rem;
    color: var(--ink-soft);
  }

  .ended > .primary {
    margin-top: 0.5rem;
    padding: 0.5rem 1rem;
  }

  .ended > .corner {
    position: absolute;
    top: 0.5rem;
    right: 0.5rem;
  }

  .emblem {
    display: grid;
    place-items: center;
    width: 3.5rem;
    height: 3.5rem;
    border-radius: 50%;
    background: var(--accent-wash);
    color: var(--accent-ink);
  }

  @keyframes slide-in {
    from {
      transform: translateX(-1.5rem);
      opacity: 0;
    }
  }

  @keyframes fade-in {
    from {
      opacity: 0;
    }
  }
`
