// Buttons, icons, avatars, and what is there for the ear only.
import { css } from 'lit'

export const controls = css`
  button {
    border: 1px solid var(--line);
    border-radius: 0.625rem;
    background: var(--raised);
    color: inherit;
    font: 500 var(--small) / 1.25rem var(--font);
    padding: 0.375rem 0.75rem;
    cursor: pointer;
    transition:
      background var(--quick),
      border-color var(--quick),
      color var(--quick);
  }

  button:hover:enabled {
    border-color: var(--accent-line);
    background: var(--accent-wash);
  }

  button:disabled {
    cursor: default;
    opacity: 0.55;
  }

  button.primary {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }

  button.primary:hover:enabled {
    background: color-mix(in oklab, var(--accent) 88%, var(--ink));
  }

  :is(button, a, pre, .table, .scroller):focus-visible,
  .agent:has(:focus-visible) {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  .scroller:focus-visible {
    outline-offset: -3px;
  }

  .icon {
    display: block;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .icon-button {
    display: grid;
    place-items: center;
    flex: none;
    width: 2.5rem;
    height: 2.5rem;
    padding: 0;
    border-color: transparent;
    background: transparent;
    color: var(--ink-soft);
  }

  .icon-button:hover:enabled {
    color: var(--accent-ink);
  }

  .avatar {
    --tone: 165;
    display: inline-grid;
    place-items: center;
    flex: none;
    width: 2rem;
    height: 2rem;
    border-radius: 50%;
    background: light-dark(oklch(0.92 0.045 var(--tone)), oklch(0.36 0.055 var(--tone)));
    color: light-dark(oklch(0.39 0.085 var(--tone)), oklch(0.92 0.04 var(--tone)));
    font: 600 0.75rem/1 var(--font);
    letter-spacing: 0.02em;
    user-select: none;
  }

  .avatar.large {
    width: 4rem;
    height: 4rem;
    font-size: 1.375rem;
  }

  .avatar[data-tone='1'] {
    --tone: 250;
  }
  .avatar[data-tone='2'] {
    --tone: 35;
  }
  .avatar[data-tone='3'] {
    --tone: 310;
  }
  .avatar[data-tone='4'] {
    --tone: 90;
  }
  .avatar[data-tone='5'] {
    --tone: 205;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .hush {
    color: var(--ink-soft);
    font-size: var(--small);
    text-align: center;
  }
`
