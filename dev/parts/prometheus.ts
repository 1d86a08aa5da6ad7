// Prometheus 2 or newer, with promtool: what reads the metrics, the alerts and the dashboard of the chart as they will
// be read where Konstruct runs. A container could not reach what listens on this machine, so there is none here.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { awaitReady } from './await-ready.ts'
import { fetchDebianPackage, hasDebianPackages } from './debian-package.ts'
import { askProgram, findProgram, isAtLeast } from './find-program.ts'
import { choosePort } from './free-port.ts'
import { startLeashed } from './leashed-program.ts'
import {
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

export interface PrometheusPart extends Part {
  readonly url: string
}

interface PrometheusOptions extends StartOptions {
  /** The text of its configuration file. Paths in it are taken from the part's folder, or are absolute. */
  readonly configuration: string
}

interface PrometheusPrograms {
  readonly origin: Origin
  readonly prometheus: string
  readonly promtool: string
}

const oldestMajor = 2

const onPath = async (): Promise<PrometheusPrograms | undefined> => {
  if (!mayComeFrom('path')) return undefined
  const prometheus = findProgram('prometheus')
  const promtool = findProgram('promtool', prometheus === undefined ? [] : [dirname(prometheus)])
  if (prometheus === undefined || promtool === undefined) return undefined
  const version = await askProgram(prometheus, ['--version'])
  return isAtLeast(version?.replace('version ', 'v'), oldestMajor)
    ? { origin: 'path', prometheus, promtool }
    : undefined
}

const packaged = async (report: Report): Promise<PrometheusPrograms> => {
  const command = 'apt-get update && apt-get install prometheus (or brew install prometheus)'
  const why = 'there is none on the PATH, and this system has no apt-get.'
  if (!hasDebianPackages()) throw partUnavailable('Prometheus', { why, command })
  const folder = await fetchDebianPackage('prometheus', report).catch((cause: Error) => {
    throw partUnavailable('Prometheus', {
      why: `its Debian package could not be had (${cause.message}).`,
      command,
      cause,
    })
  })
  const programs = join(folder, 'usr/bin')
  return {
    origin: 'package',
    prometheus: join(programs, 'prometheus'),
    promtool: join(programs, 'promtool'),
  }
}

/** Finds Prometheus and promtool, and gets them when it has to. */
export const findPrometheus = async (report: Report = reportToStderr): Promise<PrometheusPrograms> =>
  (await onPath()) ?? packaged(report)

const isReady = async (url: string, signal: AbortSignal): Promise<boolean> => {
  const response = await fetch(`${url}/-/ready`, { signal })
  await response.text()
  return response.ok
}

/** Starts Prometheus on 127.0.0.1 with the given configuration. It ends with this process. */
export const startPrometheus = async (options: PrometheusOptions): Promise<PrometheusPart> => {
  const { origin, prometheus } = await findPrometheus(options.report)
  const { host = loopback } = options
  const port = await choosePort('Prometheus', options.port, host)
  const { folder, temporary } = partFolder('prometheus', options.folder)
  const configurationFile = join(folder, 'prometheus.yml')
  writeFileSync(configurationFile, options.configuration)
  const program = await startLeashed({
    name: 'prometheus',
    command: prometheus,
    args: [
      `--config.file=${configurationFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${host}:${port}`,
    ],
    logFile: join(folder, 'prometheus.log'),
    temporary,
  })
  const url = `http://${host}:${port}`
  const probe = (signal: AbortSignal): Promise<boolean> => isReady(url, signal)
  await awaitReady({ name: 'Prometheus', program, deadlineMs: 30_000, probe })
  return { ...ownPart('prometheus', origin, program), url }
}
