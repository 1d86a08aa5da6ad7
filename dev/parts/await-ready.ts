// Waits until a started program answers. Fails at once when the program ends, and with the end of its log.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { type LeashedProgram, logTail } from './leashed-program.ts'

interface Readiness {
  /** Of what is waited for, as an error tells it. */
  readonly name: string
  /** Without `stop` it is left as it is when it does not get ready. */
  readonly program: Pick<LeashedProgram, 'exited' | 'logFile'> & Partial<Pick<LeashedProgram, 'stop'>>
  readonly deadlineMs: number
  /** The pause between two probes, in milliseconds: longer for one that is costly. */
  readonly everyMs?: number
  /**
   * True when the part can be used; a throw counts as not yet. Who asks over a network gives up with the signal: a program
   * that takes a question and never answers it would be waited for without end.
   */
  readonly probe: (signal: AbortSignal) => Promise<boolean>
}

/** The longest that one probe may take, in milliseconds. */
const probeMs = 5_000

const answers = async (probe: Readiness['probe'], leftMs: number): Promise<boolean> => {
  try {
    return await probe(AbortSignal.timeout(Math.min(probeMs, leftMs)))
  } catch {
    return false
  }
}

/** A log in a temporary folder is gone with its program. */
const placeOf = (logFile: string): string => (existsSync(logFile) ? ` (${logFile})` : '')

/** @throws KonstructError `PART_UNAVAILABLE` with the end of the log; the program is stopped then. */
export const awaitReady = async (readiness: Readiness): Promise<void> => {
  const { name, program, deadlineMs, everyMs = 25, probe } = readiness
  const deadline = performance.now() + deadlineMs
  const ended: { code?: number } = {}
  void program.exited.then((code) => Object.assign(ended, { code }))
  while (ended.code === undefined && performance.now() < deadline) {
    if (await answers(probe, Math.ceil(deadline - performance.now()))) return
    await sleep(everyMs)
  }
  const why = ended.code === undefined ? `was not ready in ${deadlineMs} ms` : `ended with ${ended.code}`
  const tail = logTail(program.logFile)
  await program.stop?.()
  throw new KonstructError('PART_UNAVAILABLE', {
    message: `${name} ${why}. The end of its log${placeOf(program.logFile)}:\n${tail}`,
  })
}
