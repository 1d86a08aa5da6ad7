// What the URLs of the stores have in common: user, password, host and port. Their readers refuse what they do not
// honour, because a parameter that is dropped without a word is a promise broken. No error names the URL: it is a secret.

export interface StoreUrl {
  readonly scheme: string
  /** An IPv6 address has no brackets. */
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  /** What follows the first slash. */
  readonly path: string
  readonly parameters: ReadonlyMap<string, string>
}

interface Expected {
  readonly schemes: readonly string[]
  readonly port: number
  /** Shown to whoever wrote something else. */
  readonly example: string
}

const decoded = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part))

const read = (text: string, { schemes, port }: Expected): StoreUrl | undefined => {
  const url = new URL(text)
  const scheme = url.protocol.slice(0, -1)
  if (!schemes.includes(scheme) || url.hostname === '') return undefined
  return {
    scheme,
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? port : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    path: decodeURIComponent(url.pathname.slice(1)),
    parameters: new Map(url.searchParams),
  }
}

/** @throws Error whose message goes on after the name of a setting, and holds nothing of the URL */
export const readStoreUrl = (text: string, expected: Expected): StoreUrl => {
  const wrong = `must be a URL such as ${expected.example}, special characters in it percent-encoded`
  let url: StoreUrl | undefined
  try {
    url = read(text, expected)
  } catch {
    throw new Error(wrong) // Its own errors quote what they could not read.
  }
  if (url === undefined) throw new Error(wrong)
  return url
}
