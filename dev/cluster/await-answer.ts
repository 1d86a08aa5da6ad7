// Waits until a program of the node answers, and fails at once when it has ended, with the end of its log.
import { setTimeout as sleep } from 'node:timers/promises'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { logTail } from '../parts/leashed-program.ts'
import type { RunningProgram } from './node-space.ts'

interface Wait {
  readonly program: RunningProgram
  /** What is waited for, as in "… did not get ready". */
  readonly what?: string
  readonly deadlineMs: number
  /** A throw counts as not yet. */
  readonly probe: () => Promise<boolean>
}

const everyMs = 100

/** @throws KonstructError `PART_UNAVAILABLE` */
export const awaitAnswer = async ({ program, what, deadlineMs, probe }: Wait): Promise<void> => {
  const deadline = performance.now() + deadlineMs
  const ended: { code?: number } = {}
  void program.exited.then((code) => Object.assign(ended, { code }))
  while (ended.code === undefined && performance.now() < deadline) {
    if (await probe().catch(() => false)) return
    await sleep(everyMs)
  }
  const why =
    ended.code === undefined ? `did not get ready in ${deadlineMs / 1_000} s` : `ended with ${ended.code}`
  throw new KonstructError('PART_UNAVAILABLE', {
    message: `${what ?? program.name} ${why}. The end of ${program.logFile}:\n${logTail(program.logFile)}`,
  })
}
