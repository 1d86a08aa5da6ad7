// PostgreSQL, Redis and Kafka for the demo, each kept running on the port that it got first, and the database
// migrated.
import { silentLog } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { createRoles, roleNames, type RoleUrls } from '../../services/shared/store/create-roles.ts'
import { migrate, readMigrations } from '../../services/shared/store/migrate.ts'
import { freePort } from '../parts/free-port.ts'
import { startKafka } from '../parts/kafka.ts'
import type { Part, Report, StartOptions } from '../parts/part.ts'
import { startPostgres } from '../parts/postgres.ts'
import { startRedis } from '../parts/redis.ts'
import type { DemoFolder } from './demo-folder.ts'
import { keepRunning, type Kept } from './keep-running.ts'

export interface Stores {
  readonly kept: readonly Kept[]
  readonly rows: readonly StoreRow[]
  readonly databases: RoleUrls
  readonly redisUrl: string
  readonly kafkaBrokers: readonly string[]
}

export interface StoreRow {
  readonly name: string
  readonly where: string
  readonly origin: string
}

const keepPart = async <Store extends Part>(
  name: string,
  start: (options: StartOptions) => Promise<Store>,
  folder: DemoFolder,
  report: Report,
) => {
  const port = await freePort()
  const options: StartOptions = { port, folder: folder.folder(name.toLowerCase()), report }
  const kept = await keepRunning({ name, start: () => start(options), report })
  report(`${name} runs.`)
  return kept
}

export const startStores = async (folder: DemoFolder, report: Report): Promise<Stores> => {
  const [postgres, redis, kafka] = await Promise.all([
    keepPart('PostgreSQL', startPostgres, folder, report),
    keepPart('Redis', startRedis, folder, report),
    keepPart('Kafka', startKafka, folder, report),
  ])
  const databases = await prepareDatabase(new Secret(postgres.first.url), folder)
  const rowOf = (part: Part, where: string): StoreRow => ({ name: part.name, where, origin: part.origin })
  return {
    kept: [kafka, redis, postgres],
    databases,
    redisUrl: redis.first.url,
    kafkaBrokers: kafka.first.brokers,
    rows: [
      rowOf(postgres.first, new URL(postgres.first.url).host),
      rowOf(redis.first, new URL(redis.first.url).host),
      rowOf(kafka.first, kafka.first.brokers.join(',')),
    ],
  }
}

const prepareDatabase = async (adminUrl: Secret, folder: DemoFolder): Promise<RoleUrls> => {
  const password = new Secret(folder.keys.databasePassword)
  const urls = await createRoles({ adminUrl, database: 'konstruct', password })
  await migrate({
    url: urls.owner,
    migrations: await readMigrations(new URL('../../migrations', import.meta.url).pathname),
    appRole: roleNames.app,
    operatorRole: roleNames.operator,
    log: silentLog,
  })
  return urls
}
