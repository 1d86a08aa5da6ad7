// A migrated database, as `freshStore` makes it, on a PostgreSQL that the test may kill and start again.
import type { PostgresPart } from '../../dev/parts/postgres.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { Secret } from '../../services/shared/runtime/read-config.ts'
import { createRoles, roleNames } from '../../services/shared/store/create-roles.ts'
import { Database } from '../../services/shared/store/database.ts'
import { migrate, readMigrations } from '../../services/shared/store/migrate.ts'
import type { FreshStore } from '../support/fresh-store.ts'

const migrationsFolder = new URL('../../migrations', import.meta.url).pathname

export const ownStore = async (part: PostgresPart): Promise<FreshStore> => {
  const adminUrl = new Secret(part.url)
  const password = new Secret('only-for-tests')
  const urls = await createRoles({ adminUrl, database: 'konstruct', password })
  await migrate({
    url: urls.owner,
    migrations: await readMigrations(migrationsFolder),
    appRole: roleNames.app,
    operatorRole: roleNames.operator,
    log: silentLog,
  })
  const open = (url: Secret) => new Database({ url, poolSize: 4, application: 'test' })
  const app = open(urls.app)
  const operator = open(urls.operator)
  const close = async (): Promise<void> => {
    await Promise.all([app.close(), operator.close()])
  }
  return { adminUrl, urls, app, operator, close }
}
