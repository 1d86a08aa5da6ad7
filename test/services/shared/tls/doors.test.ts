// The doors to the stores, and a model's HTTPS, over TLS and with passwords: who gets in and who does not.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeAuthority } from '../../../support/authority.ts'
import { password, securedStores, type SecuredStores, user } from '../../../support/secured-stores.ts'
import type { Doors } from './doors-child.ts'

const run = promisify(execFile)
const child = new URL('doors-child.ts', import.meta.url).pathname

const untrusted = /^Its certificate is from an authority that is not trusted here: NODE_EXTRA_CA_CERTS/
const wrongName = /^Its certificate is for other names/
const wrongPassword = /^It does not take the user name or the password/

describe('The doors to stores that want TLS and passwords', function () {
  this.timeout(60_000)
  let stores: SecuredStores
  let folder: string
  let model: Server
  let https: string

  before(async function () {
    this.timeout(240_000)
    folder = mkdtempSync(join(tmpdir(), 'konstruct-doors-'))
    stores = await securedStores()
    const { cert, key } = stores.authority.issue('model', 'DNS:localhost')
    model = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) =>
      response.end(),
    )
    model.listen(0, '127.0.0.1')
    await once(model, 'listening')
    https = `https://localhost:${(model.address() as AddressInfo).port}`
  })
  after(async () => {
    model.close()
    await stores.end()
    rmSync(folder, { recursive: true })
  })

  const kafka = (mechanism: string, more: Readonly<Record<string, string>> = {}) => ({
    KONSTRUCT_KAFKA_BROKERS: stores.brokers,
    KONSTRUCT_KAFKA_TLS: 'true',
    KONSTRUCT_KAFKA_SASL_MECHANISM: mechanism,
    KONSTRUCT_KAFKA_USERNAME: user,
    KONSTRUCT_KAFKA_PASSWORD: password,
    ...more,
  })

  const all = (): Doors => ({
    postgres: stores.urls.app.reveal(),
    redis: stores.redisUrl,
    kafka: { plain: kafka('plain'), 'scram-sha-256': kafka('scram-sha-256'), scram: kafka('scram-sha-512') },
    https,
  })

  /** How each door went, and all that was written meanwhile. */
  const tryDoors = async (doors: Doors, environment: Readonly<Record<string, string>>) => {
    const { stdout, stderr } = await run(process.execPath, [child], {
      env: { PATH: process.env['PATH'], DOORS: JSON.stringify(doors), ...environment },
    })
    const last = stdout.trimEnd().split('\n').at(-1) ?? ''
    const { results } = JSON.parse(last) as { results: Readonly<Record<string, string>> }
    assert.ok(!stdout.includes(password) && !stderr.includes(password), 'the password was written')
    return { results, output: stdout + stderr }
  }

  const trusting = () => ({ NODE_EXTRA_CA_CERTS: stores.authority.file })

  const assertAll = (results: Readonly<Record<string, string>>, pattern: RegExp): void => {
    for (const [door, result] of Object.entries(results)) assert.match(result, pattern, door)
  }

  it('let in who trusts their authority and has the password, in every way there is', async () => {
    const { cert, key } = stores.client
    const mutual = {
      KONSTRUCT_KAFKA_BROKERS: stores.mutualBrokers,
      KONSTRUCT_KAFKA_TLS: 'true',
      KONSTRUCT_KAFKA_CERT_FILE: cert,
      KONSTRUCT_KAFKA_KEY_FILE: key,
    }
    const doors = all()
    const { results } = await tryDoors({ ...doors, kafka: { ...doors.kafka, mutual } }, trusting())
    assert.equal(Object.keys(results).length, 8)
    assertAll(results, /^in$/)
  })

  it('are not gone through by who does not trust their authority, whatever the environment asks Node for', async () => {
    const other = makeAuthority(folder, 'other')
    const careless = {
      NODE_EXTRA_CA_CERTS: other.file,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      PGSSLMODE: 'no-verify',
    }
    const { https: _, ...withoutHttps } = all()
    const { results } = await tryDoors(withoutHttps, careless)
    assert.equal(Object.keys(results).length, 6)
    assertAll(results, untrusted)
    const { results: honest } = await tryDoors({ https }, { NODE_EXTRA_CA_CERTS: other.file })
    assertAll(honest, untrusted)
  })

  it('are not gone through under a name that their certificate does not have', async () => {
    const byAddress = (url: string): string => url.replace('localhost', '127.0.0.1')
    const { results } = await tryDoors(
      { postgres: byAddress(stores.urls.app.reveal()), redis: byAddress(stores.redisUrl) },
      trusting(),
    )
    assertAll(results, wrongName)
  })

  it('say that a password is wrong, and do not write it', async () => {
    const wrong = 'another-secret'
    const { results, output } = await tryDoors(
      {
        postgres: stores.urls.app.reveal().replace(password, wrong),
        redis: stores.redisUrl.replace(password, wrong),
        kafka: {
          plain: kafka('plain', { KONSTRUCT_KAFKA_PASSWORD: wrong }),
          scram: kafka('scram-sha-512', { KONSTRUCT_KAFKA_PASSWORD: wrong }),
        },
      },
      trusting(),
    )
    assertAll(results, wrongPassword)
    assert.ok(!output.includes(wrong))
  })

  it('say what is missing to who comes without TLS, a password or a certificate, and warn of a password in the clear', async () => {
    const inTheClear = stores.urls.app.reveal().replace('verify-full', 'disable')
    const noPassword = stores.redisUrl.replace(`${user}:${password}@`, '')
    const clear = { KONSTRUCT_KAFKA_BROKERS: stores.clearBrokers, KONSTRUCT_KAFKA_TLS: 'false' }
    const { results, output } = await tryDoors(
      {
        postgres: inTheClear,
        redis: noPassword,
        kafka: {
          anonymous: { KONSTRUCT_KAFKA_BROKERS: stores.mutualBrokers, KONSTRUCT_KAFKA_TLS: 'true' },
          clear: kafka('plain', clear),
        },
      },
      trusting(),
    )
    assert.match(results['postgres'] ?? '', /add \?sslmode=verify-full/)
    assert.match(results['redis'] ?? '', /put user and password into the URL|access list/)
    assert.match(results['kafka anonymous'] ?? '', /set KONSTRUCT_KAFKA_CERT_FILE/)
    assert.equal(results['kafka clear'], 'in')
    assert.equal(output.match(/the password for kafka is sent in the clear/g)?.length, 1)
  })
})
