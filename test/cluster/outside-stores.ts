// PostgreSQL, Redis and Kafka of a release: outside of the cluster, as managed ones would be. Each can be killed, and
// comes back on the same port; what PostgreSQL and Kafka held is there again.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostAddress } from '../../dev/cluster/addresses.ts'
import type { KafkaPart } from '../../dev/parts/kafka.ts'
import type { Part } from '../../dev/parts/part.ts'
import type { PostgresPart } from '../../dev/parts/postgres.ts'
import type { RedisPart } from '../../dev/parts/redis.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { createRoles } from '../../services/shared/store/create-roles.ts'
import { ownKafka, ownPostgres, ownRedis } from '../support/parts.ts'

type Start<Store> = (options: {
  readonly host: string
  readonly folder: string
  readonly port?: number
}) => Promise<Store>

export interface OutsideStore {
  /** Where pods reach it, at the host's address. */
  readonly port: number
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Resolves when it answers again. */
  comeBack(): Promise<void>
}

const openStore = async <Store extends Part>(
  start: Start<Store>,
  folder: string,
  portOf: (store: Store) => number,
): Promise<{ readonly first: Store; readonly outside: OutsideStore }> => {
  const first = await start({ host: hostAddress, folder })
  const port = portOf(first)
  let store = first
  const comeBack = async (): Promise<void> => {
    store = await start({ host: hostAddress, folder, port })
  }
  return { first, outside: { port, kill: () => store.kill(), comeBack } }
}

const portOfUrl = ({ url }: { readonly url: string }): number => Number(new URL(url).port)

const makeSecrets = async (postgres: PostgresPart, redis: RedisPart) => {
  const urls = await createRoles({
    adminUrl: new Secret(postgres.url),
    database: 'konstruct',
    password: new Secret(randomBytes(12).toString('hex')),
  })
  return {
    'owner-url': urls.owner.reveal(),
    'operator-url': urls.operator.reveal(),
    'app-url': urls.app.reveal(),
    'redis-url': redis.url,
    'secret-keys': `first:${randomBytes(32).toString('base64')}`,
    'visitor-key': randomBytes(32).toString('hex'),
  }
}

export type OutsideStores = Awaited<ReturnType<typeof startOutsideStores>>

export const startOutsideStores = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'konstruct-outside-'))
  const kafkaPort = ({ brokers }: KafkaPart): number => portOfUrl({ url: `kafka://${brokers[0]}` })
  const [postgres, redis, kafka] = await Promise.all([
    openStore(ownPostgres, join(folder, 'postgres'), portOfUrl),
    openStore(ownRedis, join(folder, 'redis'), portOfUrl),
    openStore(ownKafka, join(folder, 'kafka'), kafkaPort),
  ])
  const databaseUrl = new URL(postgres.first.url)
  databaseUrl.pathname = '/konstruct'
  return {
    postgres: postgres.outside,
    redis: redis.outside,
    kafka: kafka.outside,
    /** Of PostgreSQL's superuser. */
    databaseUrl: databaseUrl.href,
    redisUrl: redis.first.url,
    brokers: kafka.first.brokers,
    /** What the chart wants to find in a Secret. */
    secrets: await makeSecrets(postgres.first, redis.first),
    end: async (): Promise<void> => {
      await Promise.all([postgres, redis, kafka].map(({ outside }) => outside.kill()))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
