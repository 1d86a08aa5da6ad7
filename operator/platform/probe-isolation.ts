// The canary: in a transaction that is rolled back, tenant B gets a row in every tenant table, and tenant A tries to
// read, change, delete and add to them. Policies can look right in the catalog and still not hold; this asks the
// database itself. Nothing stays behind, and nobody else ever sees the rows.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Database, TenantTx } from '../../services/shared/store/database.ts'

const conversation = randomUUID()
const turn = randomUUID()

/** What the rows below belong to. */
const canaryTenant = `insert into konstruct.tenants (tenant_id, namespace, uid, state, revision)
  values ($1, 'canary', 'canary', 'deleting', 0)`

/** One row of tenant `$1` per table, parents first. A table without one is still read, but has nothing to show. */
export const canaryRows: Readonly<Record<string, string>> = {
  tenant_settings: `insert into konstruct.tenant_settings (tenant_id, spec) values ($1, '{}')`,
  agents: `insert into konstruct.agents (tenant_id, name, spec) values ($1, 'canary', '{}')`,
  channel_settings: `insert into konstruct.channel_settings (tenant_id, channel_type, settings) values ($1, 'web', '{}')`,
  sealed_secrets: `insert into konstruct.sealed_secrets (tenant_id, name, key_id, sealed) values ($1, 'canary', 'none', '')`,
  conversations: `insert into konstruct.conversations (tenant_id, id, channel_type, agent, user_id, owner_name, title)
    values ($1, '${conversation}', 'web', 'canary', 'canary', 'canary', 'canary')`,
  turns: `insert into konstruct.turns (tenant_id, id, conversation_id, agent, user_id)
    values ($1, '${turn}', '${conversation}', 'canary', 'canary')`,
  messages: `insert into konstruct.messages (tenant_id, id, conversation_id, position, role, author, text, turn_id)
    values ($1, '${randomUUID()}', '${conversation}', 1, 'user', 'canary', '', '${turn}')`,
  daily_usage: `insert into konstruct.daily_usage (tenant_id, day, shard, input_tokens, output_tokens)
    values ($1, current_date, 0, 0, 0)`,
}

const tablesQuery = `
  select c.relname as table from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'konstruct'::regnamespace and c.relkind in ('r', 'p')
    and not exists (select from konstruct.shared_tables s where s.table_name = c.relname)
  order by c.relname`

/** Thrown to roll the transaction back. */
class Finished extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super('The probe is through.')
    this.problems = problems
  }
}

const become = (tx: TenantTx, tenant: string): Promise<unknown> =>
  tx.query(`select set_config('konstruct.tenant', $1, true)`, [tenant])

/** SQLSTATE of a statement that a policy or a missing right refuses. */
const refused = '42501'

/** Class of the SQLSTATEs of constraints, which are asked only about rows that the policies have let through. */
const ofConstraint = /^23/

/**
 * Tries a statement and undoes it, so that a leak in one table does not hide the next one's.
 * @returns how many rows it reached, and `refused` when it may not reach any
 * @throws whatever says neither, such as a statement that took too long: nothing is known of the table then
 */
const attempt = async (tx: TenantTx, sql: string, other: string): Promise<number | typeof refused> => {
  await tx.query('savepoint attempt')
  try {
    return (await tx.query(sql, sql.includes('$1') ? [other] : [])).length
  } catch (thrown) {
    const code = (thrown as { parent?: { code?: string } }).parent?.code ?? ''
    if (code === refused) return refused
    if (ofConstraint.test(code)) return 1
    throw thrown
  } finally {
    await tx.query('rollback to savepoint attempt')
  }
}

/** As tenant A: everything that must not work on one table. */
const probeTable = async (tx: TenantTx, table: string, other: string): Promise<readonly string[]> => {
  const name = `konstruct.${table}`
  const added = canaryRows[table] ?? `insert into ${name} (tenant_id) values ($1)`
  const attempts = [
    { verb: 'read', sql: `select 1 from ${name} limit 1`, harmless: [0, refused] },
    {
      verb: 'changed',
      sql: `update ${name} set tenant_id = tenant_id where tenant_id = $1 returning 1`,
      harmless: [0, refused],
    },
    {
      verb: 'deleted',
      sql: `delete from ${name} where tenant_id = $1 returning 1`,
      harmless: [0, refused],
    },
    { verb: 'added', sql: added, harmless: [refused] },
  ]
  const problems: string[] = []
  for (const { verb, sql, harmless } of attempts)
    if (!harmless.includes(await attempt(tx, sql, other)))
      problems.push(`${table}: rows of another tenant can be ${verb}`)
  return problems
}

const probe = async (tx: TenantTx, mine: string, other: string): Promise<readonly string[]> => {
  // A plan that this connection keeps was made under the policies and rights of its time; others will make theirs now.
  await tx.query('discard plans')
  const tables = (await tx.query<{ table: string }>(tablesQuery)).map(({ table }) => table)
  await tx.query(canaryTenant, [other])
  await become(tx, other)
  for (const [table, insert] of Object.entries(canaryRows))
    if (tables.includes(table)) await tx.query(insert, [other])
  await become(tx, mine)
  const problems: string[] = []
  for (const table of tables) problems.push(...(await probeTable(tx, table, other)))
  return problems
}

/** What another tenant could do, each a short sentence; empty when all is refused. @throws when that cannot be told */
export const probeIsolation = async (database: Database): Promise<readonly string[]> => {
  const run = randomBytes(4).toString('hex')
  const [mine, other] = [`canary-${run}-a`, `canary-${run}-b`]
  try {
    return await database.withTenant(mine, async (tx) => {
      throw new Finished(await probe(tx, mine, other))
    })
  } catch (thrown) {
    if (thrown instanceof Finished) return thrown.problems
    throw thrown
  }
}
