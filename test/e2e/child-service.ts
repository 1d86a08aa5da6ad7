// One deployable as a process of its own, with its real main.ts: to be killed, paused and asked to end, as only a process
// can be. It cannot outlive the tests.
import { readFileSync } from 'node:fs'
import { awaitReady } from '../../dev/parts/await-ready.ts'
import { freePort } from '../../dev/parts/free-port.ts'
import { logTail, startLeashed } from '../../dev/parts/leashed-program.ts'

export interface ChildSpec {
  readonly name: string
  /** Its entry, from the root of the project. */
  readonly main: string
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
}

export interface ChildService {
  readonly name: string
  readonly pid: number
  readonly adminUrl: string
  /** All that it has logged. */
  log(): string
  /** Its exit code and the end of its log, when it ended without being asked to; null when all is well. */
  readonly crash: string | null
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to end with SIGTERM, and waits until it is gone. */
  stop(): Promise<void>
  /** It does nothing any more, and does not notice. */
  pause(): void
  resume(): void
}

const root = new URL('../..', import.meta.url).pathname
const readyWithinMs = 60_000
/** Longer than a service's own bound for stopping. */
const graceMs = 30_000

const isReady = async (adminUrl: string, signal: AbortSignal): Promise<boolean> => {
  const response = await fetch(`${adminUrl}/readyz`, { signal })
  await response.text()
  return response.ok
}

/** Resolves when it is ready. @throws with the end of its log */
export const startChild = async ({ name, main, environment, logFile }: ChildSpec): Promise<ChildService> => {
  const adminPort = await freePort()
  const adminUrl = `http://127.0.0.1:${adminPort}`
  const program = await startLeashed({
    name,
    command: process.execPath,
    args: [`${root}${main}`],
    env: {
      ...environment,
      KONSTRUCT_HOST: '127.0.0.1',
      KONSTRUCT_ADMIN_HOST: '127.0.0.1',
      KONSTRUCT_ADMIN_PORT: String(adminPort),
    },
    logFile,
    graceMs,
  })
  const probe = (signal: AbortSignal): Promise<boolean> => isReady(adminUrl, signal)
  await awaitReady({ name, program, deadlineMs: readyWithinMs, probe })
  const life: { ended: boolean; asked: boolean; crash: string | null } = {
    ended: false,
    asked: false,
    crash: null,
  }
  void program.exited.then((code) => {
    life.ended = true
    if (!life.asked) life.crash = `${name} ended by itself with ${code}:\n${logTail(logFile)}`
  })
  // A pid that is free again may be another's.
  const signal = (given: NodeJS.Signals): void => {
    if (!life.ended) process.kill(program.pid, given)
  }
  return {
    name,
    pid: program.pid,
    adminUrl,
    log: () => readFileSync(logFile, 'utf8'),
    get crash() {
      return life.crash
    },
    kill: async () => {
      life.asked = true
      if (!life.ended) await program.kill()
    },
    stop: async () => {
      life.asked = true
      await program.stop()
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  }
}
