// The life of a process: reads its settings, starts, waits for SIGTERM or SIGINT, stops within a bound, ends.
// Exit codes: 0 after a stop that was asked for, 78 for settings that cannot work (EX_CONFIG), 1 for all else.
import { format } from 'node:util'
import { asKonstructError } from './errors.ts'
import { createLog, type Log } from './log.ts'
import { choice } from './read-config.ts'

export interface RunningService {
  /** Stops taking work, finishes or hands over what runs, and closes what was opened. */
  stop(): Promise<void>
}

interface ServiceOptions {
  readonly part: string
  readonly logLevel: string
  /** A stop that takes longer than this, in milliseconds, ends the process all the same. */
  readonly stopWithinMs: number
  /** `stopping` is aborted when the end is asked for: a start that still waits for something then gives up. */
  readonly start: (log: Log, stopping: AbortSignal) => Promise<RunningService>
}

export const logLevelSetting = choice({
  env: 'KONSTRUCT_LOG_LEVEL',
  about: 'least severe lines that are written',
  values: ['debug', 'info', 'warn', 'error'],
  fallback: 'info',
})

const configurationExitCode = 78

/** Resolves when a signal asks for the end. */
const askedToStop = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })

const exitAfter = (ms: number, log: Log): void => {
  setTimeout(() => {
    log.error('stop took too long', { ms })
    process.exit(1)
  }, ms).unref()
}

/** Sequelize writes to the console when a transaction cannot be ended; whoever reads the log expects JSON lines. */
const keepConsoleInLog = (log: Log): void => {
  const write = (...parts: readonly unknown[]): void =>
    log.warn('a library wrote to the console', { reason: format(...parts) })
  Object.assign(console, { log: write, info: write, warn: write, error: write })
}

/** Settings that are needed before anything starts: a process that cannot read them says so and ends. */
export const readOrExit = <Config>(part: string, read: () => Config): Config => {
  try {
    return read()
  } catch (thrown) {
    const error = asKonstructError(thrown)
    createLog({ part, level: 'info' }).error('cannot go on', { code: error.code, error })
    return process.exit(configurationExitCode)
  }
}

/** Runs a service until it is asked to stop; sets the exit code and never throws. */
export const runService = async ({ part, logLevel, stopWithinMs, start }: ServiceOptions): Promise<void> => {
  const log = createLog({ part, level: logLevel })
  keepConsoleInLog(log)
  const asked = askedToStop()
  const stopping = new AbortController()
  void asked.then(() => stopping.abort())
  try {
    const service = await start(log, stopping.signal)
    log.info('started')
    const reason = await asked
    log.info('stopping', { reason })
    exitAfter(stopWithinMs, log)
    await service.stop()
    log.info('stopped')
    process.exit(0)
  } catch (thrown) {
    if (stopping.signal.aborted && (thrown as Error).name === 'AbortError') process.exit(0)
    const error = asKonstructError(thrown)
    log.error('cannot go on', { code: error.code, error })
    process.exit(error.rule.kind === 'startup' ? configurationExitCode : 1)
  }
}
