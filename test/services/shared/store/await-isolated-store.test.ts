import assert from 'node:assert/strict'
import { Client } from 'pg'
import type { Log } from '../../../../services/shared/runtime/log.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import { awaitIsolatedStore } from '../../../../services/shared/store/await-isolated-store.ts'
import { roleNames } from '../../../../services/shared/store/create-roles.ts'
import { migrate, readMigrations } from '../../../../services/shared/store/migrate.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'

const migrationsFolder = new URL('../../../../migrations', import.meta.url).pathname

describe('Whoever needs the store before it is ready', () => {
  let store: FreshStore
  beforeEach(async () => {
    store = await freshStore()
  })
  afterEach(() => store.close())

  const asAdmin = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: store.adminUrl.reveal() })
    await client.connect()
    await client.query(statement)
    await client.end()
  }

  const migrateAgain = async (): Promise<void> => {
    const migrations = await readMigrations(migrationsFolder)
    const roles = { appRole: roleNames.app, operatorRole: roleNames.operator }
    await migrate({ url: store.urls.owner, migrations, ...roles, log: silentLog })
  }

  /** Resolves with the code when it says for the first time that it waits. */
  const listen = (): { readonly log: Log; readonly told: Promise<unknown> } => {
    const told = Promise.withResolvers<unknown>()
    const warn = (_message: string, facts?: { readonly code?: unknown }): void => told.resolve(facts?.code)
    return { log: { ...silentLog, warn }, told: told.promise }
  }

  for (const [what, statement] of [
    ['the migrations have not run', 'drop schema konstruct cascade'],
    ['the migrations have yet to let it in', `revoke usage on schema konstruct from ${roleNames.app}`],
  ] as const)
    it(`waits while ${what}, says so, and goes on when they have`, async () => {
      await asAdmin(statement)
      const { log, told } = listen()
      const waiting = awaitIsolatedStore(store.app, log, new AbortController().signal)
      assert.equal(await told, 'STORE_SCHEMA_OUTDATED')
      await migrateAgain()
      await waiting
    })

  it('does not wait where a policy is wrong: that is no matter of time', async () => {
    await asAdmin('alter table konstruct.turns no force row level security')
    const waiting = awaitIsolatedStore(store.app, silentLog, new AbortController().signal)
    await assert.rejects(waiting, { code: 'STORE_POLICY_DRIFT' })
  })
})
