// A migrated database of one's own with the three roles, as a release has it: the owner migrated, the operator
// publishes, the app serves.
import { Client } from 'pg'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { createRoles, roleNames, type RoleUrls, roleUrls } from '../../services/shared/store/create-roles.ts'
import { Database } from '../../services/shared/store/database.ts'
import { migrate, readMigrations } from '../../services/shared/store/migrate.ts'
import { freshDatabase } from './fresh-database.ts'

export interface FreshStore {
  /** Of the superuser. */
  readonly adminUrl: Secret
  readonly urls: RoleUrls
  /** Connected as the services are. */
  readonly app: Database
  /** Connected as the operator is. */
  readonly operator: Database
  /** Closes both and drops the database. */
  close(): Promise<void>
}

const password = new Secret('only-for-tests')
const migrationsFolder = new URL('../../migrations', import.meta.url).pathname

const own = async (adminUrl: Secret, database: string): Promise<void> => {
  const admin = new Client({ connectionString: adminUrl.reveal() })
  await admin.connect()
  await admin.query(`alter database ${database} owner to ${roleNames.owner}`)
  await admin.end()
}

const databaseOf = (url: string): string => new URL(url).pathname.slice(1)

const prepare = async (url: string): Promise<void> => {
  const adminUrl = new Secret(url)
  const database = databaseOf(url)
  const urls = await createRoles({ adminUrl, database, password })
  await own(adminUrl, database)
  await migrate({
    url: urls.owner,
    migrations: await readMigrations(migrationsFolder),
    appRole: roleNames.app,
    operatorRole: roleNames.operator,
    log: silentLog,
  })
}

export const freshStore = async (): Promise<FreshStore> => {
  const database = await freshDatabase(prepare)
  const adminUrl = new Secret(database.url)
  await own(adminUrl, database.name)
  const urls = roleUrls({ adminUrl, database: database.name, password })
  const open = (url: Secret) => new Database({ url, poolSize: 8, application: 'test' })
  const app = open(urls.app)
  const operator = open(urls.operator)
  return {
    adminUrl,
    urls,
    app,
    operator,
    close: async () => {
      await Promise.all([app.close(), operator.close()])
      await database.drop()
    },
  }
}
