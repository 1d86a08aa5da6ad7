// Reads the catalog and says what is wrong with the isolation of this database: a tenant table without row-level
// security, a policy that is missing, changed or added, a role that could bypass them all. Used by every service
// before it starts and by the operator for as long as it runs.
import { KonstructError } from '../runtime/errors.ts'
import type { Database } from './database.ts'

/** What PostgreSQL prints for the one policy, both as USING and as WITH CHECK. */
const expectedPolicy = '((tenant_id)::text = ( SELECT konstruct.tenant_id() AS tenant_id))'

interface TableFacts {
  readonly table: string
  readonly enabled: boolean
  readonly forced: boolean
  readonly policies: readonly PolicyFacts[]
}

interface PolicyFacts {
  readonly name: string
  readonly command: string
  readonly permissive: boolean
  readonly everyone: boolean
  readonly using: string | null
  readonly check: string | null
}

interface RoleFacts {
  readonly name: string
  readonly superuser: boolean
  readonly bypasses: boolean
  readonly owns: boolean
  readonly member: boolean
}

const tablesQuery = `
  select c.relname as table, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive, 'everyone', p.polroles = '{0}',
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)))
      from pg_policy p where p.polrelid = c.oid), '[]') as policies
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relnamespace = 'konstruct'::regnamespace and c.relkind in ('r', 'p')
    and not exists (select from konstruct.shared_tables s where s.table_name = c.relname)
  order by c.relname`

const roleQuery = `
  select r.rolname as name, r.rolsuper as superuser, r.rolbypassrls as bypasses,
    exists (select from pg_class c where c.relnamespace = 'konstruct'::regnamespace and c.relowner = r.oid) as owns,
    exists (select from pg_auth_members m where m.member = r.oid) as member
  from pg_roles r where r.rolname = current_user`

const policyIsRight = (policy: PolicyFacts): boolean =>
  policy.name === 'tenant_isolation' &&
  policy.command === '*' &&
  policy.permissive &&
  policy.everyone &&
  policy.using === expectedPolicy &&
  policy.check === expectedPolicy

/** The problems of one table, each a short sentence. Pure. */
const judgeTable = (facts: TableFacts): readonly string[] => [
  ...(facts.enabled ? [] : [`${facts.table}: row-level security is off`]),
  ...(facts.forced ? [] : [`${facts.table}: row-level security is not forced`]),
  ...(facts.policies.some(policyIsRight) ? [] : [`${facts.table}: the tenant policy is missing`]),
  ...facts.policies
    .filter((policy) => !policyIsRight(policy))
    .map((policy) => `${facts.table}: policy ${policy.name} does not belong here`),
]

/** Why a role could get around the policies, each a short sentence. Pure. */
const judgeRole = (facts: RoleFacts): readonly string[] => [
  ...(facts.superuser ? [`${facts.name} is a superuser`] : []),
  ...(facts.bypasses ? [`${facts.name} has BYPASSRLS`] : []),
  ...(facts.owns ? [`${facts.name} owns tables of konstruct`] : []),
  ...(facts.member ? [`${facts.name} is a member of another role`] : []),
]

/**
 * The migrations came to their end: the tables are there, and whoever asks was let in, which is done last. The catalog
 * is asked, which everyone may read.
 */
const migratedQuery = `
  select exists (
    select from pg_namespace n
    where n.nspname = 'konstruct' and has_schema_privilege(n.oid, 'usage')
      and (select count(*) from pg_class c where c.relnamespace = n.oid and c.relname = any($1)) = cardinality($1)
  ) as migrated`

/** Tables that must exist; a database without them was never migrated, or by an older version. */
const leastTables = [
  'agents',
  'channel_settings',
  'conversations',
  'daily_usage',
  'messages',
  'sealed_secrets',
  'tenant_settings',
  'turns',
]

/** Everything that is wrong with the policies; empty when every tenant table is isolated. */
export const inspectIsolation = async (database: Database): Promise<readonly string[]> => {
  const tables = await database.acrossTenants((tx) => tx.query<TableFacts>(tablesQuery))
  const missing = leastTables.filter((name) => !tables.some((facts) => facts.table === name))
  return [...missing.map((name) => `${name}: the table is missing`), ...tables.flatMap(judgeTable)]
}

/**
 * Refuses to go on where isolation would not hold.
 * @throws KonstructError `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT` or `STORE_SCHEMA_OUTDATED`, with what to do.
 */
export const assertIsolated = async (database: Database): Promise<void> => {
  const schema = await database.acrossTenants((tx) =>
    tx.query<{ migrated: boolean }>(migratedQuery, [leastTables]),
  )
  if (schema[0]?.migrated !== true) throw new KonstructError('STORE_SCHEMA_OUTDATED')
  const roles = await database.acrossTenants((tx) => tx.query<RoleFacts>(roleQuery))
  const unsafe = roles.flatMap(judgeRole)
  if (unsafe.length > 0)
    throw new KonstructError('STORE_ROLE_UNSAFE', {
      message: `${unsafe.join('; ')}. Connect as a role that owns nothing and cannot bypass row-level security.`,
    })
  const problems = await inspectIsolation(database)
  if (problems.length > 0)
    throw new KonstructError('STORE_POLICY_DRIFT', {
      message: `Isolation does not hold: ${problems.join('; ')}. Run the migrations or let the operator repair it.`,
    })
}
