// The token of a WebSocket request: a browser can set no header but the subprotocols, so it stands there in base64url,
// beside the one protocol that is selected, and is never echoed. Other clients may use the usual header.
import type { IncomingMessage } from 'node:http'

const protocolPrefix = 'konstruct.bearer.'

const decode = (encoded: string): string => Buffer.from(encoded, 'base64url').toString('utf8')

/** The token of an `Authorization: Bearer` header. */
export const bearerOfHeader = (header: string | undefined): string | null =>
  /^bearer +([^\s]+) *$/i.exec(header ?? '')?.[1] ?? null

export const bearerIn = ({ headers }: IncomingMessage): string | null => {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  const carrier = offered.find((name) => name.startsWith(protocolPrefix))
  return carrier === undefined
    ? bearerOfHeader(headers.authorization)
    : decode(carrier.slice(protocolPrefix.length))
}
