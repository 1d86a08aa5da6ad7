// Tells whether a process that an earlier run started is still there, and not another one that got its pid.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A pid can be given to another process; a pid with its start time cannot. */
export interface ProcessIdentity {
  readonly pid: number
  /** In clock ticks since the machine started. */
  readonly startTime: string
}

/** Reads a line such as /proc/{pid}/stat has it; nothing when there is none, or when it tells of a zombie. */
export const readIdentity = (file: string): ProcessIdentity | undefined => {
  try {
    return parseIdentity(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** The second field is a name in parentheses that may hold blanks; the third tells the state, the 22nd the start. */
const parseIdentity = (line: string): ProcessIdentity | undefined => {
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const startTime = fields[18]
  if (state === 'Z' || startTime === undefined) return undefined
  return { pid: Number.parseInt(line, 10), startTime }
}

export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean =>
  readIdentity(`/proc/${pid}/stat`)?.startTime === startTime

/** Ends the process as a crash would, and waits until it is gone. */
export const killAndWait = async (identity: ProcessIdentity, deadlineMs: number): Promise<void> => {
  const deadline = performance.now() + deadlineMs
  if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL')
  while (isAlive(identity)) {
    if (performance.now() > deadline) throw new Error(`Process ${identity.pid} does not end.`)
    await sleep(20)
  }
}
