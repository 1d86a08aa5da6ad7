// An identity provider's published keys, for tests: served, held back, or refused.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { waitUntil } from './wait-until.ts'

export interface KeyServer {
  readonly url: string
  /** A token that the keys are good for. */
  sign(claims: JWTPayload): Promise<string>
  /** Answers nothing until `serve`. */
  hold(): void
  /** Answers with an error until `serve`. */
  fail(): void
  /** Answers with the keys, also those who wait. */
  serve(): void
  /** Resolves when so many were answered with an error, or wait. */
  untilAsked(times: number): Promise<unknown>
  close(): void
}

export const startKeyServer = async (): Promise<KeyServer> => {
  const pair = await generateKeyPair('ES256')
  const body = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] })
  const waiting: (() => void)[] = []
  let mode: 'serve' | 'hold' | 'fail' = 'serve'
  let asked = 0
  const server = createServer((_request, response) => {
    if (mode !== 'serve') asked += 1
    if (mode === 'serve') response.end(body)
    else if (mode === 'fail') response.writeHead(500).end()
    else waiting.push(() => response.end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer('i')
        .setAudience('a')
        .setExpirationTime('1h')
        .sign(pair.privateKey),
    hold: () => {
      mode = 'hold'
    },
    fail: () => {
      mode = 'fail'
    },
    serve: () => {
      mode = 'serve'
      for (const answer of waiting.splice(0)) answer()
    },
    untilAsked: (times) => waitUntil({ until: 'the keys are asked for' }, () => asked >= times),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
