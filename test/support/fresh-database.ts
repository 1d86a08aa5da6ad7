// A database for each test file, cheap: the migrations run once per mocha process, into a template that is copied.
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { postgres } from './parts.ts'

type Migrate = (url: string) => Promise<void>

interface FreshDatabase {
  readonly name: string
  /** Of the superuser: for a test's own looks behind the curtain, and to make other users' addresses from. */
  readonly url: string
  drop(): Promise<void>
}

const newName = (): string => `test_${randomBytes(8).toString('hex')}`

const administer = async (sql: string): Promise<void> => {
  const client = new Client({ connectionString: (await postgres()).url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const urlOf = async (name: string): Promise<string> => {
  const url = new URL((await postgres()).url)
  url.pathname = `/${name}`
  return url.href
}

const templates = new Map<Migrate, Promise<string>>()

const makeTemplate = async (migrate: Migrate): Promise<string> => {
  const name = newName()
  await administer(`CREATE DATABASE ${name}`)
  await migrate(await urlOf(name))
  return name
}

const templateFor = (migrate: Migrate): Promise<string> => {
  const known = templates.get(migrate) ?? makeTemplate(migrate)
  templates.set(migrate, known)
  return known
}

/**
 * A new database, empty or, with `migrate`, a copy of one that this function has prepared once. `migrate` gets the
 * superuser's URL of the template and must close its connections. Pass the same function, not a new closure, each time.
 */
export const freshDatabase = async (migrate?: Migrate): Promise<FreshDatabase> => {
  const template = migrate === undefined ? 'template1' : await templateFor(migrate)
  const name = newName()
  await administer(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  return {
    name,
    url: await urlOf(name),
    drop: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}
