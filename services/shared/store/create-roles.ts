// Creates the database and its three roles: the owner runs migrations, the operator publishes, the app serves. For a
// laptop and for tests; on a managed PostgreSQL an administrator runs the same statements once (README).
import type { Client } from 'pg'
import { Secret } from '../runtime/read-config.ts'
import { connect } from './connect.ts'

export interface RoleUrls {
  readonly owner: Secret
  readonly operator: Secret
  readonly app: Secret
}

export const roleNames = {
  owner: 'konstruct_owner',
  operator: 'konstruct_operator',
  app: 'konstruct_app',
} as const

type RoleName = keyof typeof roleNames

interface CreateRolesOptions {
  /** A superuser's URL. */
  readonly adminUrl: Secret
  readonly database: string
  /** Given to all three roles. */
  readonly password: Secret
}

/** Creates what is missing, and gives a URL per role. Safe to repeat. */
export const createRoles = async (options: CreateRolesOptions): Promise<RoleUrls> => {
  const admin = await connect(options.adminUrl, 'konstruct-create-roles')
  try {
    for (const role of Object.values(roleNames)) await createRole(admin, role, options.password)
    const found = await admin.query('select from pg_database where datname = $1', [options.database])
    if (found.rowCount === 0)
      await admin.query(
        `create database ${admin.escapeIdentifier(options.database)} owner ${roleNames.owner}`,
      )
  } finally {
    await admin.end()
  }
  return roleUrls(options)
}

/** The URLs of the three roles on a database of the same server. */
export const roleUrls = ({ adminUrl, database, password }: CreateRolesOptions): RoleUrls => {
  const urlOf = (role: RoleName): Secret => {
    const url = new URL(adminUrl.reveal())
    url.username = roleNames[role]
    url.password = password.reveal()
    url.pathname = `/${database}`
    return new Secret(url.href)
  }
  return { owner: urlOf('owner'), operator: urlOf('operator'), app: urlOf('app') }
}

const createRole = async (admin: Client, role: string, password: Secret): Promise<void> => {
  const found = await admin.query('select from pg_roles where rolname = $1', [role])
  const verb = found.rowCount === 0 ? 'create' : 'alter'
  const secret = admin.escapeLiteral(password.reveal())
  await admin.query(`${verb} role ${role} login nosuperuser nobypassrls noinherit password ${secret}`)
}
