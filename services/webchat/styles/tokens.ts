// Colours, sizes and the font, each named by what it is for. A host page sets the accent and the font; every
// tint is mixed from them, so a changed accent stays one family in light and in dark.
import { css } from 'lit'

export const tokens = css`
  :host {
    color-scheme: light dark;

    --accent: var(--konstruct-accent, light-dark(#1f6151, #7cc8b0));
    --on-accent: var(--konstruct-on-accent, light-dark(#ffffff, #0c1f19));
    --surface: light-dark(#fbfaf8, #161816);
    --raised: light-dark(#ffffff, #1f2220);
    --sunken: light-dark(#f3f1ed, #101211);
    --ink: light-dark(#1e211f, #e9ebe7);
    --ink-soft: light-dark(#5a605c, #a3aaa4);
    --line: light-dark(#e4e1da, #2e3230);
    --line-strong: light-dark(#8b908b, #6d746f);
    --accent-ink: color-mix(in oklab, var(--accent) 88%, var(--ink));
    --accent-wash: light-dark(oklch(from var(--accent) 0.945 0.018 h), oklch(from var(--accent) 0.3 0.028 h));
    --accent-line: light-dark(oklch(from var(--accent) 0.83 0.055 h), oklch(from var(--accent) 0.43 0.05 h));
    --alert: light-dark(#a03325, #f0a093);
    --alert-wash: light-dark(#fbeeea, #2d1d1a);
    --alert-line: light-dark(#ebcbc3, #57332c);
    --shadow: 0 1px 2px light-dark(#1c1f1d14, #0006), 0 12px 40px light-dark(#1c1f1d29, #0009);

    --font: var(--konstruct-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif);
    --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    --small: 0.8125rem;
    --radius: 0.875rem;
    --gap: 1rem;
    --column: 46rem;
    --quick: 140ms cubic-bezier(0.2, 0, 0, 1);

    color: var(--ink);
    font: 0.9375rem/1.6 var(--font);
    -webkit-text-size-adjust: 100%;
  }

  :host([theme='light']) {
    color-scheme: light;
  }

  :host([theme='dark']) {
    color-scheme: dark;
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h1,
  h2,
  p,
  ul,
  pre,
  fieldset {
    margin: 0;
    padding: 0;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 1ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 1ms !important;
      scroll-behavior: auto !important;
    }
  }
`
