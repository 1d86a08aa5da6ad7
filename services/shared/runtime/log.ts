// Logs are JSON lines: a constant lower-case message and facts as keys. Never the text of a message, a prompt,
// a token or a secret: what may be a key is listed here, so that a reader of logs knows every name.
import { pino, stdTimeFunctions } from 'pino'
import { KonstructError } from './errors.ts'

/** The facts a line may carry. Add a name here before using it. */
export interface Facts {
  readonly tenant?: string
  readonly conversation?: string
  readonly turn?: string
  readonly agent?: string
  readonly channel?: string
  readonly attempt?: number
  readonly code?: string
  readonly ms?: number
  readonly count?: number
  readonly part?: string
  readonly port?: number
  readonly topic?: string
  readonly partition?: number
  readonly offset?: string
  readonly resource?: string
  readonly reason?: string
  readonly revision?: string
  readonly error?: unknown
}

export interface Log {
  debug(message: string, facts?: Facts): void
  info(message: string, facts?: Facts): void
  warn(message: string, facts?: Facts): void
  error(message: string, facts?: Facts): void
}

interface DescribedError {
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: DescribedError
}

const describeError = (thrown: unknown, depth = 0): DescribedError => {
  if (!(thrown instanceof Error)) return { message: String(thrown) }
  const code = thrown instanceof KonstructError ? thrown.code : (thrown as NodeJS.ErrnoException).code
  return {
    ...(code === undefined ? {} : { code }),
    message: thrown.message,
    ...(depth === 0 && thrown.stack !== undefined ? { stack: thrown.stack } : {}),
    ...(thrown.cause === undefined || depth > 3 ? {} : { cause: describeError(thrown.cause, depth + 1) }),
  }
}

interface LogOptions {
  /** Name of the deployable: `operator`, `gateway`, `orchestrator`. */
  readonly part: string
  readonly level: string
}

/** A log that writes to standard output. */
export const createLog = ({ part, level }: LogOptions): Log => {
  const logger = pino({
    level,
    base: { part },
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: (thrown: unknown) => describeError(thrown) },
  })
  return {
    debug: (message, facts) => logger.debug(facts ?? {}, message),
    info: (message, facts) => logger.info(facts ?? {}, message),
    warn: (message, facts) => logger.warn(facts ?? {}, message),
    error: (message, facts) => logger.error(facts ?? {}, message),
  }
}

/** A log that says nothing; for tests of parts whose log is not what is tested. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
