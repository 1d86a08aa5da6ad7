import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose'
import { IdentityFaults } from '../../../../services/gateway/tokens/identity-faults.ts'
import type { RemoteKeySets } from '../../../../services/gateway/tokens/tenant-jwt.ts'
import { verifyToken } from '../../../../services/gateway/tokens/verify-token.ts'
import { issueVisitorToken } from '../../../../services/gateway/tokens/visitor-token.ts'
import type { WebAuth } from '../../../../services/shared/domain/resources/tenant.ts'
import { webJwtSecretName, type TenantConfig } from '../../../../services/shared/domain/tenant-config.ts'
import type { KnownTenant } from '../../../../services/shared/intake/tenant-directory.ts'
import { silentLog, type Facts } from '../../../../services/shared/runtime/log.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { aTenant } from '../../../support/a-tenant.ts'

const visitorKey = new Secret('only-for-tests-only-for-tests-32')
const sharedSecret = 'a-shared-secret-of-at-least-32-bytes'
const issuer = 'https://id.acme.example'
const audience = 'konstruct'

const knownTenant = (auth: WebAuth, name = 'acme', uid = 'uid-1'): KnownTenant => {
  const { spec, web } = aTenant({ name, auth })
  const config: TenantConfig = { tenant: name, state: 'active', revision: 1, spec, web, agents: new Map() }
  return { uid, config, secret: (wanted) => (wanted === webJwtSecretName ? new Secret(sharedSecret) : null) }
}

const anonymous: WebAuth = { anonymous: { tokenTTL: '1h' } }
const jwt = (changes: { jwksURL?: string } = {}): WebAuth => ({
  jwt: { issuer, audience, userClaim: 'sub', rolesClaim: 'roles', ...changes },
})

const hour = 3_600
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: audience,
  sub: 'ann',
  roles: ['staff'],
  exp: Math.floor(Date.now() / 1_000) + hour,
  ...changes,
})

const sign = (payload: JWTPayload, key: Uint8Array | CryptoKey, alg = 'HS256'): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg, kid: 'k1' }).sign(key)

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const shared = bytes(sharedSecret)

const without = (payload: JWTPayload, claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim))

describe('A token', () => {
  const remoteKeys: RemoteKeySets = new Map()
  const ports = { visitorKey, remoteKeys, faults: new IdentityFaults(silentLog) }
  const verify = (known: KnownTenant, token: string | null) => verifyToken(ports, known, token)
  const refuses = (known: KnownTenant, token: string | null, code = 'TOKEN_INVALID') =>
    assert.rejects(verify(known, token), { code })

  describe('of a visitor', () => {
    const acme = { tenant: 'acme', uid: 'uid-1' }

    it('names a visitor that nobody else is, until it expires', async () => {
      const first = await issueVisitorToken(visitorKey, acme, hour * 1_000)
      const second = await issueVisitorToken(visitorKey, acme, hour * 1_000)
      const identity = await verify(knownTenant(anonymous), first.token)
      assert.equal(identity.user, first.user)
      assert.match(identity.user, /^visitor-/)
      assert.deepEqual(identity.roles, [])
      assert.equal(new Date(identity.expiresAt).toISOString(), first.expiresAt)
      assert.notEqual(first.user, second.user)
    })

    it('means nothing at another tenant, nor at one that was created again under the name', async () => {
      const { token } = await issueVisitorToken(visitorKey, acme, hour * 1_000)
      await refuses(knownTenant(anonymous, 'globex'), token)
      await refuses(knownTenant(anonymous, 'acme', 'uid-2'), token)
      await refuses(knownTenant(jwt()), token)
    })

    it('is refused when it is expired, of another key, changed, or no token at all', async () => {
      const { token } = await issueVisitorToken(visitorKey, acme, hour * 1_000)
      const expired = await issueVisitorToken(visitorKey, acme, -1_000)
      const foreign = await issueVisitorToken(
        new Secret('another-key-another-key-another-'),
        acme,
        hour * 1_000,
      )
      const [head = '', , signature = ''] = token.split('.')
      const other = Buffer.from(JSON.stringify({ sub: 'visitor-x', aud: 'acme' })).toString('base64url')
      const wrong = [
        expired.token,
        foreign.token,
        `${head}.${other}.${signature}`,
        `${token}x`,
        'x.y.z',
        '',
        null,
      ]
      for (const one of wrong) await refuses(knownTenant(anonymous), one)
      await refuses(knownTenant(anonymous), 'x'.repeat(100_000))
    })

    it("is refused when the tenant's provider signed it in the visitors' name", async () => {
      const forged = await sign(claims({ iss: 'konstruct', aud: 'acme', sub: 'visitor-1' }), shared)
      await refuses(knownTenant(anonymous), forged)
    })
  })

  describe("of a tenant's provider, with a shared secret", () => {
    it('names its user and roles, and never a visitor', async () => {
      const known = knownTenant(jwt())
      assert.deepEqual((await verify(known, await sign(claims(), shared))).user, 'user-ann')
      assert.deepEqual((await verify(known, await sign(claims(), shared))).roles, ['staff'])
      const posing = await verify(known, await sign(claims({ sub: 'visitor-1' }), shared))
      assert.equal(posing.user, 'user-visitor-1')
      assert.equal((await verify(known, await sign(claims({ sub: 42 as never }), shared))).user, 'user-42')
    })

    it('lasts as much longer as clocks may differ, for as long as it is taken', async () => {
      const exp = Math.floor(Date.now() / 1_000) - 10
      const { expiresAt } = await verify(knownTenant(jwt()), await sign(claims({ exp }), shared))
      assert.ok(expiresAt > Date.now() && expiresAt <= Date.now() + 30_000, new Date(expiresAt).toISOString())
    })

    it('takes roles only from a list of names', async () => {
      for (const roles of ['staff', { staff: true }, 7, null, [1, { a: 1 }, '', 'x'.repeat(300)]])
        assert.deepEqual((await verify(knownTenant(jwt()), await sign(claims({ roles }), shared))).roles, [])
    })

    it('is refused when anything about it is wrong', async () => {
      const past = Math.floor(Date.now() / 1_000) - hour
      const wrong: Readonly<Record<string, Promise<string> | string>> = {
        unsigned: new UnsecuredJWT(claims()).encode(),
        'another secret': sign(claims(), bytes('another-secret-of-at-least-32-bytes')),
        'another issuer': sign(claims({ iss: 'https://evil.example' }), shared),
        'another audience': sign(claims({ aud: 'other' }), shared),
        'no audience': sign(without(claims(), 'aud'), shared),
        expired: sign(claims({ exp: past }), shared),
        'no expiry': sign(without(claims(), 'exp'), shared),
        'not yet valid': sign(claims({ nbf: Math.floor(Date.now() / 1_000) + hour }), shared),
        'no user': sign(without(claims(), 'sub'), shared),
        'an empty user': sign(claims({ sub: '' }), shared),
        'a user that is an object': sign(claims({ sub: { id: 1 } as never }), shared),
        'a user of 10 KB': sign(claims({ sub: 'x'.repeat(10_000) }), shared),
        'a user with a line break': sign(claims({ sub: 'a\nb' }), shared),
        'a stronger hash': sign(claims(), bytes(sharedSecret.repeat(3)), 'HS512'),
      }
      for (const [name, token] of Object.entries(wrong))
        await assert.rejects(verify(knownTenant(jwt()), await token), { code: 'TOKEN_INVALID' }, name)
    })
  })

  describe("of a tenant's provider, with published keys", () => {
    let server: Server
    let url: string
    let privateKey: CryptoKey
    let answer: { status: number; body: string }
    let asked = 0

    before(async () => {
      const pair = await generateKeyPair('RS256', { extractable: true })
      privateKey = pair.privateKey
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' }
      answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) }
      server = createServer((_request, response) => {
        asked += 1
        response.writeHead(answer.status, { location: 'http://127.0.0.1:1/' }).end(answer.body)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
    })

    after(() => {
      server.closeAllConnections()
      server.close()
    })

    it('is verified with keys that are asked for once', async () => {
      const known = knownTenant(jwt({ jwksURL: url }))
      const token = await sign(claims(), privateKey, 'RS256')
      for (let i = 0; i < 5; i++) assert.equal((await verify(known, token)).user, 'user-ann')
      assert.equal(asked, 1)
    })

    it('is refused when it is signed with the public key as if that were a secret', async () => {
      const known = knownTenant(jwt({ jwksURL: url }))
      await refuses(known, await sign(claims(), bytes(answer.body)))
      await refuses(known, await sign(claims(), shared))
      await refuses(known, new UnsecuredJWT(claims()).encode())
    })

    it('is verified whatever pair of keys it was signed with', async () => {
      for (const alg of ['RS512', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']) {
        const pair = await generateKeyPair(alg, { extractable: true })
        const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg }
        const good = answer
        answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) }
        const known = knownTenant(jwt({ jwksURL: `${url}?${alg}` }))
        assert.equal((await verify(known, await sign(claims(), pair.privateKey, alg))).user, 'user-ann', alg)
        answer = good
      }
    })

    it('that does not name its key is tried with each that fits, up to a bound', async () => {
      const pairs = await Promise.all(Array.from({ length: 12 }, () => generateKeyPair('ES256')))
      const good = answer
      const keys = await Promise.all(pairs.map(({ publicKey }) => exportJWK(publicKey)))
      answer = { status: 200, body: JSON.stringify({ keys }) }
      const known = knownTenant(jwt({ jwksURL: `${url}?several` }))
      const signed = (key: CryptoKey | undefined, payload = claims()): Promise<string> =>
        new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(key ?? assert.fail())
      for (const { privateKey: key } of pairs.slice(0, 2))
        assert.equal((await verify(known, await signed(key))).user, 'user-ann')
      await refuses(known, await signed(pairs[0]?.privateKey, claims({ aud: 'other' })))
      await refuses(known, await signed((await generateKeyPair('ES256')).privateKey))
      await refuses(known, await signed(pairs[11]?.privateKey))
      answer = good
    })

    it('is told of, with its tenant and the cause, when the keys cannot be had, and not again at once', async () => {
      const token = await sign(claims(), privateKey, 'RS256')
      const lines: { readonly message: string; readonly facts: Facts | undefined }[] = []
      const warn = (message: string, facts?: Facts): number => lines.push({ message, facts })
      const told = { ...ports, faults: new IdentityFaults({ ...silentLog, warn }) }
      const away = knownTenant(jwt({ jwksURL: 'http://127.0.0.1:1/' }))
      const withoutSecret = { ...knownTenant(jwt(), 'globex'), secret: () => null }
      for (const known of [away, away, withoutSecret])
        await assert.rejects(verifyToken(told, known, token), { code: 'IDENTITY_UNAVAILABLE' })
      assert.deepEqual(
        lines.map(({ facts }) => [facts?.tenant, facts?.code]),
        [
          ['acme', 'IDENTITY_UNAVAILABLE'],
          ['globex', 'IDENTITY_UNAVAILABLE'],
        ],
      )
      const written = lines.map(({ facts }) => inspect(facts?.error, { depth: 9 }))
      assert.match(written[0] ?? '', /ECONNREFUSED|bad port/)
      assert.match(written[1] ?? '', /no shared secret/)
      assert.ok(!JSON.stringify(written).includes(token), 'the token is told')
    })

    it('is not called wrong while the keys cannot be had', async () => {
      const token = await sign(claims(), privateKey, 'RS256')
      const good = answer
      const answers = [
        { status: 500, body: '' },
        { status: 302, body: '' },
        { status: 200, body: '<html>' },
        { status: 200, body: '[]' },
        { status: 200, body: ' '.repeat(300_000) },
      ]
      for (const [index, bad] of answers.entries()) {
        answer = bad
        const known = knownTenant(jwt({ jwksURL: `${url}?${index}` }))
        await refuses(known, token, 'IDENTITY_UNAVAILABLE')
      }
      answer = good
      await refuses(knownTenant(jwt({ jwksURL: 'http://127.0.0.1:1/' })), token, 'IDENTITY_UNAVAILABLE')
    })
  })
})
