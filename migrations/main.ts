// Runs the migrations and ends: what the migration Job of a release does, and the demo before it starts anything. A
// database that is away is waited for. One that refuses us is, too, but not for long: its users may be about to be made, yet
// most often a password is wrong, and whoever waits for the release should read so before it gives up.
import { setTimeout as sleep } from 'node:timers/promises'
import { asKonstructError, KonstructError } from '../services/shared/runtime/errors.ts'
import { explainRefusal } from '../services/shared/runtime/explain-refusal.ts'
import { createLog } from '../services/shared/runtime/log.ts'
import { integer, readConfig, text } from '../services/shared/runtime/read-config.ts'
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
  waitSeconds: integer({
    env: 'KONSTRUCT_WAIT_SECONDS',
    about: 'seconds that a database which is away is waited for',
    fallback: 0,
    min: 0,
    max: 86_400,
  }),
}

const tryEveryMs = 1_000
const refusedForMs = 15_000
/** How often it says that it still waits, in tries. */
const tellEvery = 10

const log = createLog({ part: 'migrations', level: 'info' })

/** Only a connection that failed has a cause, and is worth another try. */
const isAway = (thrown: unknown): boolean =>
  thrown instanceof KonstructError && thrown.code === 'STORE_UNAVAILABLE' && thrown.cause !== undefined

const untilThere = async <Result>(waitMs: number, work: () => Promise<Result>): Promise<Result> => {
  const deadline = performance.now() + waitMs
  let refusedSince: number | undefined
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (thrown) {
      const now = performance.now()
      refusedSince = explainRefusal(thrown) === undefined ? undefined : (refusedSince ?? now)
      const end = Math.min(deadline, (refusedSince ?? Infinity) + refusedForMs)
      if (!isAway(thrown) || now + tryEveryMs > end) throw thrown
      if (tries % tellEvery === 0) log.warn('waiting for postgresql', { error: thrown })
    }
    await sleep(tryEveryMs)
  }
}

try {
  const config = readConfig(settings, process.env)
  const migrations = await readMigrations(import.meta.dirname)
  const { databaseUrl: url, appRole, operatorRole, waitSeconds } = config
  const ran = await untilThere(waitSeconds * 1_000, () =>
    migrate({ url, migrations, appRole, operatorRole, log }),
  )
  log.info('database is up to date', { count: ran.length })
} catch (thrown) {
  const error = asKonstructError(thrown)
  const reason = explainRefusal(error)
  log.error('migrations failed', { code: error.code, ...(reason === undefined ? {} : { reason }), error })
  process.exitCode = error.code === 'CONFIG_INVALID' ? 78 : 1
}
