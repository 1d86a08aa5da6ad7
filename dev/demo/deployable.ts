// One deployable as a process of its own, with its real main.ts. It listens on this machine alone, and cannot outlive whoever
// started it.
import { awaitReady } from '../parts/await-ready.ts'
import { type LeashedProgram, startLeashed } from '../parts/leashed-program.ts'

export interface DeployableSpec {
  readonly name: string
  /** Its entry, from the root of the project. */
  readonly main: string
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
}

const root = new URL('../..', import.meta.url).pathname
const readyWithinMs = 60_000
/** Longer than a service's own bound for stopping. */
const graceMs = 30_000

export const adminUrlOf = (port: number): string => `http://127.0.0.1:${port}`

/** Fulfilled when it runs, which is not yet when it is ready. */
export const startDeployable = (spec: DeployableSpec, adminPort: number): Promise<LeashedProgram> =>
  startLeashed({
    name: spec.name,
    command: process.execPath,
    args: [`${root}${spec.main}`],
    env: {
      ...spec.environment,
      // The operator's only port has a setting of its own for its address.
      KONSTRUCT_HOST: '127.0.0.1',
      KONSTRUCT_ADMIN_HOST: '127.0.0.1',
      KONSTRUCT_ADMIN_PORT: String(adminPort),
    },
    logFile: spec.logFile,
    graceMs,
  })

const isReady = async (adminUrl: string, signal: AbortSignal): Promise<boolean> => {
  const response = await fetch(`${adminUrl}/readyz`, { signal })
  await response.text()
  return response.ok
}

/** @throws KonstructError `PART_UNAVAILABLE` with the end of its log; it is stopped then. */
export const awaitDeployable = (
  name: string,
  adminUrl: string,
  program: Pick<LeashedProgram, 'exited' | 'logFile' | 'stop'>,
): Promise<void> =>
  awaitReady({
    name,
    program,
    deadlineMs: readyWithinMs,
    probe: (signal) => isReady(adminUrl, signal),
  })
