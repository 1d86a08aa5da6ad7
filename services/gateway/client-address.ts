// Whose request it is, for limits. Behind proxies that is what the outermost trusted one saw; what stands further left
// in X-Forwarded-For was written by the client and may be anything.
import { isIPv6 } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** An IPv6 network is usually one customer's, down to this many 16-bit groups. */
const groupsOfNetwork = 4

export const clientAddress = (request: IncomingMessage, trustedProxies: number): string => {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',')
  const hops = [...(trustedProxies > 0 ? forwarded : []), request.socket.remoteAddress ?? '']
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '')
  return network(hops[Math.max(0, hops.length - 1 - trustedProxies)] ?? '')
}

/** As some proxies write it: an IPv6 address in brackets, and the port, which is another one for each connection. */
const written = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/

/** Bounded, since it becomes a key: a proxy may pass on any text. */
const network = (hop: string): string => {
  const [, inBrackets, bare] = written.exec(hop) ?? []
  const address = inBrackets ?? bare ?? hop
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(plain)) return plain.slice(0, 64)
  const [head = '', tail = ''] = plain.split('::')
  const groups = head.split(':')
  const rest = tail === '' ? [] : tail.split(':')
  const zeros = plain.includes('::')
    ? Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0')
    : []
  return `${[...groups, ...zeros, ...rest].slice(0, groupsOfNetwork).join(':')}::/64`
}
