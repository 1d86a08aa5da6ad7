// One deployable of the demo: its main.ts as a process of its own, kept running, its log in a file.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { freePort } from '../parts/free-port.ts'
import { logTail, startLeashed } from '../parts/leashed-program.ts'
import type { Report } from '../parts/part.ts'
import { keepRunning, type Kept } from './keep-running.ts'

export interface ServiceSpec {
  readonly name: string
  /** Its entry, from the root of the project. */
  readonly main: string
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  readonly report: Report
}

export interface DemoService extends Kept {
  readonly adminUrl: string
  readonly logFile: string
}

const root = new URL('../..', import.meta.url).pathname
const readyWithinMs = 30_000
/** A service that takes the question and never answers it would be waited for without end. */
const probeMs = 5_000
/** Longer than a service's own bound for stopping. */
const graceMs = 20_000

export const startService = async (spec: ServiceSpec): Promise<DemoService> => {
  const adminPort = await freePort()
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const environment = {
    ...spec.environment,
    // The operator's only port has a setting of its own for its address.
    KONSTRUCT_HOST: '127.0.0.1',
    KONSTRUCT_ADMIN_HOST: '127.0.0.1',
    KONSTRUCT_ADMIN_PORT: String(adminPort),
  }
  const start = () =>
    startLeashed({
      name: spec.name,
      command: process.execPath,
      args: [`${root}${spec.main}`],
      env: environment,
      logFile: spec.logFile,
      graceMs,
    })
  const kept = await keepRunning({ name: spec.name, start, report: spec.report })
  const service = { name: spec.name, stop: () => kept.stop(), adminUrl, logFile: spec.logFile }
  await awaitReadyz(service, kept.first.exited)
  return service
}

const awaitReadyz = async (service: DemoService, exited: Promise<unknown>): Promise<void> => {
  const deadline = performance.now() + readyWithinMs
  const gone: { code?: unknown } = {}
  void exited.then((code) => Object.assign(gone, { code }))
  while (performance.now() < deadline && gone.code === undefined) {
    if (await isReady(service.adminUrl)) return
    await sleep(50)
  }
  const tail = logTail(service.logFile, 5)
  await service.stop()
  throw new KonstructError('PART_UNAVAILABLE', {
    message: `The ${service.name} did not get ready. The end of its log (${service.logFile}):\n${tail}`,
  })
}

const isReady = (adminUrl: string): Promise<boolean> =>
  fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(probeMs) }).then(
    async (response) => {
      await response.text()
      return response.ok
    },
    () => false,
  )
