// A program that cannot outlive this process: it runs under `leash.mjs`, whose standard input we hold open.
// Its output goes to a log file, whose end is told when the program fails.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'

export interface ProgramSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly logFile: string
  /** A folder that is the program's alone and goes with it. */
  readonly temporary?: string | undefined
  /** Asks the program to end in order; `SIGTERM` unless it understands another one better. */
  readonly stopSignal?: NodeJS.Signals
  readonly graceMs?: number
}

export interface LeashedProgram {
  readonly pid: number
  readonly logFile: string
  /** The log's size when this run began: what is before it was written by earlier runs. */
  readonly logStart: number
  /** Fulfilled with the exit code when the program is gone, however it went. */
  readonly exited: Promise<number>
  /** Ends it in order, and waits until it is gone. */
  stop(): Promise<void>
  /** Ends it as a crash would, and waits until it is gone. */
  kill(): Promise<void>
}

const leashFile = new URL('leash.mjs', import.meta.url).pathname

const spawnLeash = (spec: ProgramSpec): ChildProcess => {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = openSync(spec.logFile, 'a')
  const { stopSignal = 'SIGTERM', graceMs = 10_000, temporary = '-' } = spec
  try {
    return spawn(
      process.execPath,
      [leashFile, stopSignal, String(graceMs), temporary, spec.command, ...spec.args],
      { stdio: ['pipe', 'pipe', log], detached: true, env: { ...process.env, ...spec.env } },
    )
  } finally {
    closeSync(log)
  }
}

const firstLine = async (leash: ChildProcess): Promise<string> => {
  if (leash.stdout === null) return ''
  for await (const line of createInterface({ input: leash.stdout })) return line
  return ''
}

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}

/** The last lines of a log, for an error's sentence. */
export const logTail = (file: string, lines = 15): string => {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return '(no log)'
  }
}

/** True when this run of the program has logged that text. */
export const logContains = (program: LeashedProgram, text: string): boolean =>
  readFileSync(program.logFile).subarray(program.logStart).includes(text)

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Starts the program; fulfilled when it runs, which is not yet when it is ready. */
export const startLeashed = async (spec: ProgramSpec): Promise<LeashedProgram> => {
  const logStart = sizeOf(spec.logFile)
  const leash = spawnLeash(spec)
  const ended = once(leash, 'exit')
  leash.stdin?.on('error', () => {})
  const line = await firstLine(leash)
  leash.stdout?.destroy()
  const pid = Number(/^pid (\d+)$/.exec(line)?.[1])
  if (!Number.isInteger(pid)) throw new Error(`${spec.name} did not start: ${line || logTail(spec.logFile)}`)
  const exited = ended.then(([code]) => {
    signalGroup(pid, 'SIGKILL') // A leash that was itself killed leaves its program behind.
    return Number(code ?? 1)
  })
  const gone = async (): Promise<void> => {
    leash.stdin?.end()
    await exited
    if (spec.temporary !== undefined) rmSync(spec.temporary, { recursive: true, force: true, maxRetries: 5 })
  }
  return {
    pid,
    logFile: spec.logFile,
    logStart,
    exited,
    stop: gone,
    kill: async () => {
      signalGroup(pid, 'SIGKILL')
      await exited
    },
  }
}
