// PostgreSQL, Redis and Kafka as a careful administrator runs them: Konstruct gets in over TLS and with a password only.
// What they are started and looked at with goes past that: PostgreSQL's superuser, Redis' PING, Kafka's first listener.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../dev/parts/free-port.ts'
import type { KafkaPart } from '../../dev/parts/kafka.ts'
import type { PostgresPart } from '../../dev/parts/postgres.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { createRoles, type RoleUrls } from '../../services/shared/store/create-roles.ts'
import { type Authority, type Certificate, makeAuthority } from './authority.ts'
import { ownKafka, ownPostgres, ownRedis } from './parts.ts'

export const user = 'konstruct'
export const password = 'only-for-tests-and-not-to-be-logged'

export interface SecuredStores {
  readonly authority: Authority
  /** Of the superuser, without TLS. */
  readonly adminUrl: Secret
  /** Over TLS. The certificates of PostgreSQL and Redis are for `localhost` and no other name. */
  readonly urls: RoleUrls
  readonly redisUrl: string
  /** The listener that asks for a password, over TLS. */
  readonly brokers: string
  /** The listener that asks for a certificate. */
  readonly mutualBrokers: string
  /** The listener that asks for a password, without TLS. */
  readonly clearBrokers: string
  readonly client: Certificate
  /** Besides the one that there is. */
  addRedisPassword(word: string): Promise<void>
  end(): Promise<void>
}

const startPostgres = (folder: string, { cert, key }: Certificate): Promise<PostgresPart> => {
  const access = join(folder, 'pg_hba.conf')
  writeFileSync(access, 'host all postgres all scram-sha-256\nhostssl all all all scram-sha-256\n')
  return ownPostgres({
    settings: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key, hba_file: access },
  })
}

const startRedis = async (folder: string, { cert, key }: Certificate) => {
  const users = join(folder, 'users.acl')
  writeFileSync(users, `user default on nopass -@all +ping\nuser ${user} on >${password} ~* &* +@all\n`)
  const port = await freePort()
  const tls = { 'tls-cert-file': cert, 'tls-key-file': key, 'tls-auth-clients': 'no' }
  const part = await ownRedis({ settings: { 'tls-port': String(port), aclfile: users, ...tls } })
  return { part, url: `rediss://${user}:${password}@localhost:${port}` }
}

const jaas = 'org.apache.kafka.common.security'

const kafkaSettings = ({ both }: Certificate, authority: Authority): Readonly<Record<string, string>> => ({
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.location': both,
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.location': authority.file,
  'listener.name.mutual.ssl.client.auth': 'required',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  ...Object.fromEntries(
    ['secure', 'clear'].flatMap((name) => [
      [
        `listener.name.${name}.plain.sasl.jaas.config`,
        `${jaas}.plain.PlainLoginModule required user_${user}="${password}";`,
      ],
      ...['256', '512'].map((bits) => [
        `listener.name.${name}.scram-sha-${bits}.sasl.jaas.config`,
        `${jaas}.scram.ScramLoginModule required;`,
      ]),
    ]),
  ),
})

const startKafka = async (authority: Authority) => {
  const certificate = authority.issue('kafka', 'DNS:localhost,IP:127.0.0.1')
  const [secure, mutual, clear] = [await freePort(), await freePort(), await freePort()]
  const part: KafkaPart = await ownKafka({
    listeners: [
      { name: 'SECURE', protocol: 'SASL_SSL', port: secure },
      { name: 'MUTUAL', protocol: 'SSL', port: mutual },
      { name: 'CLEAR', protocol: 'SASL_PLAINTEXT', port: clear },
    ],
    formatWith: ['256', '512'].flatMap((bits) => [
      '--add-scram',
      `SCRAM-SHA-${bits}=[name=${user},password=${password}]`,
    ]),
    settings: kafkaSettings(certificate, authority),
  })
  const at = (port: number): string => `127.0.0.1:${port}`
  return { part, brokers: at(secure), mutualBrokers: at(mutual), clearBrokers: at(clear) }
}

/** The same database over TLS, by the name that the certificate has. */
const overTls = (secret: Secret): Secret => {
  const url = new URL(secret.reveal())
  url.hostname = 'localhost'
  url.searchParams.set('sslmode', 'verify-full')
  return new Secret(url.href)
}

export const securedStores = async (): Promise<SecuredStores> => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-secured-'))
  const authority = makeAuthority(folder, 'trusted')
  const server = authority.issue('server', 'DNS:localhost')
  const [postgres, redis, kafka] = await Promise.all([
    startPostgres(folder, server),
    startRedis(folder, server),
    startKafka(authority),
  ])
  const adminUrl = new Secret(postgres.url)
  const urls = await createRoles({ adminUrl, database: 'konstruct', password: new Secret(password) })
  return {
    authority,
    adminUrl,
    urls: { owner: overTls(urls.owner), operator: overTls(urls.operator), app: overTls(urls.app) },
    redisUrl: redis.url,
    ...kafka,
    client: authority.issue('client', 'DNS:client'),
    addRedisPassword: async (word) => {
      const client = new Redis(redis.url, { tls: { ca: readFileSync(authority.file) } })
      await client.call('acl', 'setuser', user, `>${word}`)
      client.disconnect()
    },
    end: async () => {
      await Promise.all([postgres.stop(), redis.part.stop(), kafka.part.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
