// Runs the migrations and ends: what the migration Job of a release does, and the demo before it starts anything.
import { asKonstructError } from '../services/shared/runtime/errors.ts'
import { createLog } from '../services/shared/runtime/log.ts'
import { readConfig, text } from '../services/shared/runtime/read-config.ts'
import { databaseUrl } from '../services/shared/store/database-address.ts'
import { migrate, readMigrations } from '../services/shared/store/migrate.ts'

const settings = {
  databaseUrl: databaseUrl({
    env: 'KONSTRUCT_OWNER_DATABASE_URL',
    about: 'postgres:// URL of the database, as its owner, with ?sslmode=verify-full for TLS',
  }),
  appRole: text({ env: 'KONSTRUCT_APP_ROLE', about: 'role of the services', fallback: 'konstruct_app' }),
  operatorRole: text({
    env: 'KONSTRUCT_OPERATOR_ROLE',
    about: 'role of the operator',
    fallback: 'konstruct_operator',
  }),
}

const log = createLog({ part: 'migrations', level: 'info' })
try {
  const config = readConfig(settings, process.env)
  const migrations = await readMigrations(import.meta.dirname)
  const { databaseUrl: url, appRole, operatorRole } = config
  const ran = await migrate({ url, migrations, appRole, operatorRole, log })
  log.info('database is up to date', { count: ran.length })
} catch (thrown) {
  const error = asKonstructError(thrown)
  log.error('migrations failed', { code: error.code, error })
  process.exitCode = error.code === 'CONFIG_INVALID' ? 78 : 1
}
