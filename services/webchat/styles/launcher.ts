// The button in the corner of a host page and the panel that it opens; on a phone the panel takes the screen.
import { css } from 'lit'

export const launcher = css`
  :host(:not([layout='inline'])) {
    position: fixed;
    z-index: 2147483000;
    right: max(1.25rem, env(safe-area-inset-right));
    bottom: max(1.25rem, env(safe-area-inset-bottom));
  }

  .launcher {
    display: grid;
    place-items: center;
    width: 3.5rem;
    height: 3.5rem;
    margin-left: auto;
    padding: 0;
    border: none;
    border-radius: 50%;
    background: var(--accent);
    color: var(--on-accent);
    box-shadow: var(--shadow);
    transition: transform var(--quick);
  }

  .launcher .icon {
    width: 1.625rem;
    height: 1.625rem;
  }

  .launcher:hover:enabled {
    background: color-mix(in oklab, var(--accent) 88%, var(--ink));
    transform: translateY(-1px);
  }

  :host(:not([layout='inline'])) .frame {
    width: min(25rem, calc(100vw - 2.5rem));
    height: min(40rem, calc(100dvh - 7rem));
    margin-bottom: 0.875rem;
    border: 1px solid var(--line);
    border-radius: 1.125rem;
    box-shadow: var(--shadow);
    animation: rise 200ms cubic-bezier(0.2, 0, 0, 1);
  }

  @media (max-width: 480px) {
    :host(:not([layout='inline'])) .frame {
      position: fixed;
      inset: 0 0 auto;
      width: auto;
      height: var(--konstruct-height, 100dvh);
      margin: 0;
      border: none;
      border-radius: 0;
    }

    :host([open]:not([layout='inline'])) .launcher {
      display: none;
    }
  }

  @keyframes rise {
    from {
      transform: translateY(0.75rem);
      opacity: 0;
    }
  }
`
