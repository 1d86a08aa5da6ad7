// A round mark with initials. Names give the tone, so that an agent looks the same everywhere.
import { html } from 'lit'
import type { TemplateResult } from 'lit'
import { plainText } from '../plain-text.ts'

const tones = 6

export const avatar = (name: string, size: 'small' | 'large' = 'small'): TemplateResult =>
  html`<span class="avatar ${size}" data-tone=${toneOf(name)} aria-hidden="true">${initials(name)}</span>`

const initials = (name: string): string => {
  const words = plainText(name).trim().split(/\s+/)
  const letters = [words[0], words.length > 1 ? words.at(-1) : '']
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase()
}

const toneOf = (name: string): number =>
  Array.from(name).reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7) % tones
