// What happens in several tests of a standalone operator.
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { sessionKey } from '../../services/shared/redis/keys.ts'
import { countKeys } from '../../services/shared/redis/purge-keys.ts'
import type { RedisConnection } from '../../services/shared/redis/redis-connection.ts'
import { appendUserMessage } from '../../services/shared/store/append-user-message.ts'
import { countRows } from '../../services/shared/store/purge-tenant.ts'
import type { FreshStore } from '../support/fresh-store.ts'
import { waitUntil } from '../support/wait-until.ts'
import { anAgent, aTenant, manifestsOf } from './manifests.ts'
import type { Standalone } from './standalone.ts'

interface Stores {
  readonly store: FreshStore
  readonly redis: RedisConnection
}

/** Puts the tenant `acme` with its agent into the folder, and waits until it is Ready. */
export const aReadyTenant = async (
  operator: Standalone,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  operator.write('keep.yaml', '')
  operator.write('acme.yaml', manifestsOf(aTenant('acme', { spec }), anAgent('support', 'acme')))
  await operator.condition('acme', 'Ready', 'True')
}

export const isGone = async (operator: Standalone): Promise<void> => {
  const probe = async () => (await operator.tenant('acme')) === undefined
  await waitUntil({ until: 'the tenant is gone', deadlineMs: 15_000 }, probe)
}

/** One message and one key, as the services leave them. */
export const chat = async ({ store, redis }: Stores, tenant = 'acme'): Promise<void> => {
  await appendUserMessage(store.app, {
    tenant,
    channel: 'web',
    conversation: randomUUID(),
    clientMessageId: randomUUID(),
    user: 'someone',
    agent: 'support',
    text: 'hello',
    maxWaitingTurns: 100_000,
    budget: null,
  })
  await redis.set(sessionKey(tenant, 'thread'), 'writing', 600)
}

/** Rows and keys of a tenant. */
export const countLeftovers = async ({ store, redis }: Stores, tenant = 'acme'): Promise<number> => {
  const rows = Object.values(await countRows(store.operator, tenant))
  return rows.reduce((sum, count) => sum + count, 0) + (await countKeys(redis, tenant))
}

/** Runs a statement as the superuser; in the test's database, or in the one named. */
export const asAdmin = async (
  { store }: Pick<Stores, 'store'>,
  sql: string,
  database?: string,
): Promise<void> => {
  const url = new URL(store.adminUrl.reveal())
  if (database !== undefined) url.pathname = `/${database}`
  const client = new Client({ connectionString: url.href })
  await client.connect()
  await client.query(sql)
  await client.end()
}
