// The URL of PostgreSQL, read in one place for all who connect, and strictly. Sequelize and pg would each read it in a way
// of their own: Sequelize drops most parameters without a word, pg lets them override our options, turns to the
// environment (PGSSLMODE) where the URL is silent, and takes sslmode=no-verify. Here a parameter is honoured or refused.
//
// There is TLS whose certificate is verified, by the host's name and by an authority that Node trusts (NODE_EXTRA_CA_CERTS
// adds some), or there is no TLS. Nothing in between can be asked for: TLS with anyone keeps out nobody who matters.
import { KonstructError } from '../runtime/errors.ts'
import { Secret, type Setting } from '../runtime/read-config.ts'
import { readStoreUrl } from '../runtime/store-url.ts'

export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  /** Undefined where PostgreSQL asks for none. */
  readonly password: string | undefined
  readonly database: string
  /** Said outright in both cases, so that no variable of the environment has a say. */
  readonly ssl: false | { readonly rejectUnauthorized: true }
}

const expected = {
  schemes: ['postgres', 'postgresql'],
  port: 5432,
  example: 'postgres://user:password@host:5432/database?sslmode=verify-full',
}

/** `require` is what pg makes of it, the same as `verify-full`; libpq's own would verify nothing. */
const sslModes: ReadonlyMap<string, DatabaseAddress['ssl']> = new Map<string, DatabaseAddress['ssl']>([
  ['disable', false],
  ['require', { rejectUnauthorized: true }],
  ['verify-full', { rejectUnauthorized: true }],
])

const sslOf = (parameters: ReadonlyMap<string, string>): DatabaseAddress['ssl'] => {
  const { sslmode = 'disable', ...others } = Object.fromEntries(parameters)
  const [foreign] = Object.keys(others)
  if (foreign !== undefined)
    throw new Error(
      `has the parameter ${foreign}, which would not be honoured: only sslmode can be set, and trusted authorities are named in NODE_EXTRA_CA_CERTS`,
    )
  const ssl = sslModes.get(sslmode)
  if (ssl === undefined)
    throw new Error(
      `has an sslmode that is not ${[...sslModes.keys()].join(', ')}: certificates are verified, or there is no TLS`,
    )
  return ssl
}

const parse = (text: string): DatabaseAddress => {
  const { host, port, user, password, path, parameters } = readStoreUrl(text, expected)
  if (user === undefined || path === '')
    throw new Error(`must name the user and the database, such as ${expected.example}`)
  return { host, port, user, password, database: path, ssl: sslOf(parameters) }
}

/** @throws KonstructError `CONFIG_INVALID` */
export const databaseAddress = (url: Secret): DatabaseAddress => {
  try {
    return parse(url.reveal())
  } catch (thrown) {
    throw new KonstructError('CONFIG_INVALID', {
      message: `The URL of PostgreSQL ${(thrown as Error).message}.`,
    })
  }
}

/** A setting that holds such a URL, checked when it is read. */
export const databaseUrl = (options: Pick<Setting<Secret>, 'env' | 'about'>): Setting<Secret> => ({
  ...options,
  parse: (given) => {
    parse(given)
    return new Secret(given)
  },
})
