// Which addresses a reply may link to, and what the reader is told about where a link goes. Pure.

export interface SafeLink {
  readonly href: string
  /** What is shown beside the link's text; null where the text is the address itself. */
  readonly host: string | null
}

const schemes = new Set(['http:', 'https:', 'mailto:'])

/** Null for anything that is no plain web or mail address: it is shown as text. */
export const safeLink = (address: string, text: string): SafeLink | null => {
  const url = parseAbsolute(address)
  if (url === null || !schemes.has(url.protocol)) return null
  // "https://bank.example@evil.example" reads as the bank.
  if (url.username !== '' || url.password !== '') return null
  const place = url.protocol === 'mailto:' ? url.pathname : url.host
  if (place === '') return null
  return { href: url.href, host: saysWhere(text, url) ? null : place }
}

/** `URL` also writes an international name in its ASCII form, so a look-alike never equals the text. */
const saysWhere = (text: string, url: URL): boolean =>
  [url.href, url.href.replace(/\/$/, ''), url.href.replace(/^mailto:/, '')].includes(text.trim())

const parseAbsolute = (address: string): URL | null => {
  try {
    return new URL(address)
  } catch {
    return null
  }
}
