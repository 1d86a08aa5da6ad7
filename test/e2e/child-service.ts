// One deployable as a process of its own, with its real main.ts: to be killed, paused and asked to end, as only a process
// can be. It cannot outlive the tests.
import { readFileSync } from 'node:fs'
import {
  adminUrlOf,
  awaitDeployable,
  type DeployableSpec,
  startDeployable,
} from '../../dev/demo/deployable.ts'
import { freePort } from '../../dev/parts/free-port.ts'
import { logTail } from '../../dev/parts/leashed-program.ts'

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

/** Resolves when it is ready. @throws with the end of its log */
export const startChild = async (spec: DeployableSpec): Promise<ChildService> => {
  const { name, logFile } = spec
  const adminPort = await freePort()
  const adminUrl = adminUrlOf(adminPort)
  const program = await startDeployable(spec, adminPort)
  await awaitDeployable(name, adminUrl, program)
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
