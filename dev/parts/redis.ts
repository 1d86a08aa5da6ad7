// Redis 7 or newer. Nothing is written to disk: what it holds can be rebuilt, and its loss is part of the design.
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { awaitReady } from './await-ready.ts'
import { containerArgs, findContainerEngine } from './container-engine.ts'
import { fetchDebianPackage, hasDebianPackages, libraryPath } from './debian-package.ts'
import { askProgram, findProgram, isAtLeast } from './find-program.ts'
import { choosePort } from './free-port.ts'
import { startLeashed } from './leashed-program.ts'
import {
  givenPart,
  loopback,
  mayComeFrom,
  type Origin,
  ownPart,
  type Part,
  partFolder,
  partUnavailable,
  type Report,
  reportToStderr,
  type StartOptions,
} from './part.ts'

export interface RedisPart extends Part {
  readonly url: string
}

interface RedisProgram {
  readonly origin: Origin
  readonly command: string
  readonly argsFor: (settings: readonly string[], port: number, host: string) => readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const oldestMajor = 7

const onPath = async (): Promise<string | undefined> => {
  if (!mayComeFrom('path')) return undefined
  const program = findProgram('redis-server')
  if (program === undefined) return undefined
  const version = (await askProgram(program, ['--version']))?.replace('v=', 'v')
  return isAtLeast(version, oldestMajor) ? program : undefined
}

const packaged = async (report: Report): Promise<RedisProgram> => {
  if (!hasDebianPackages())
    throw partUnavailable('Redis', {
      why: `there is no redis-server ${oldestMajor} on the PATH, no container engine answers, and this system has no apt-get.`,
      command: 'brew install redis (or your system’s package), or set KONSTRUCT_PART_REDIS_URL',
    })
  const folder = await fetchPackage(report)
  return {
    origin: 'package',
    command: join(folder, 'usr/bin/redis-server'),
    argsFor: (settings) => settings,
    env: { LD_LIBRARY_PATH: libraryPath(folder) },
  }
}

const fetchPackage = async (report: Report): Promise<string> => {
  try {
    return await fetchDebianPackage('redis-server', report)
  } catch (cause) {
    throw partUnavailable('Redis', {
      why: `its Debian package could not be had (${(cause as Error).message}).`,
      command: 'apt-get update && apt-get install redis-server',
      cause,
    })
  }
}

/** Finds Redis, and gets it when it has to. */
export const findRedis = async (report: Report = reportToStderr): Promise<RedisProgram> => {
  const program = await onPath()
  if (program !== undefined)
    return { origin: 'path', command: program, argsFor: (settings) => settings, env: {} }
  const engine = await findContainerEngine()
  if (engine === undefined) return packaged(report)
  return {
    origin: 'container',
    command: engine,
    argsFor: (settings, port, host) =>
      containerArgs({
        image: 'docker.io/library/redis:7-alpine',
        ports: new Map([[port, port]]),
        host,
        args: ['redis-server', ...settings, '--bind', '0.0.0.0', '--dir', '/data', '--protected-mode', 'no'],
      }),
    env: {},
  }
}

const settingsFor = (
  { port, host, settings }: Pick<StartOptions, 'settings'> & { readonly port: number; readonly host: string },
  folder: string,
): readonly string[] =>
  Object.entries({
    port: String(port),
    bind: host,
    // It lets in only who is on its own machine; a given address is meant to let others in too.
    'protected-mode': host === loopback ? 'yes' : 'no',
    databases: '1024',
    dir: folder,
    save: '',
    appendonly: 'no',
    maxmemory: '256mb',
    'maxmemory-policy': 'volatile-ttl',
    ...settings,
  }).flatMap(([name, value]) => [`--${name}`, value])

const answersPing = async (port: number, host: string): Promise<boolean> => {
  const socket = connect(port, host)
  try {
    socket.setTimeout(1_000, () => socket.destroy(new Error('silent')))
    socket.write('PING\r\n')
    const [answer] = await once(socket, 'data')
    return String(answer).startsWith('+PONG')
  } finally {
    socket.destroy()
  }
}

/** Starts Redis on 127.0.0.1, or takes the one that `KONSTRUCT_PART_REDIS_URL` names. */
export const startRedis = async (options: StartOptions = {}): Promise<RedisPart> => {
  const given = process.env['KONSTRUCT_PART_REDIS_URL']
  if (given !== undefined && given !== '') return { ...givenPart('redis'), url: given }
  return startOwnRedis(options)
}

/** Starts a Redis of one's own, whatever the environment names: for those who flush or kill it. */
export const startOwnRedis = async (options: StartOptions = {}): Promise<RedisPart> => {
  const found = await findRedis(options.report)
  const { host = loopback } = options
  const port = await choosePort('Redis', options.port, host)
  const { folder, temporary } = partFolder('redis', options.folder)
  const program = await startLeashed({
    name: 'redis',
    command: found.command,
    args: found.argsFor(settingsFor({ ...options, port, host }, folder), port, host),
    env: found.env,
    logFile: join(folder, 'redis.log'),
    temporary,
    graceMs: 3_000,
  })
  await awaitReady({ name: 'Redis', program, deadlineMs: 20_000, probe: () => answersPing(port, host) })
  return { ...ownPart('redis', found.origin, program), url: `redis://${host}:${port}` }
}
