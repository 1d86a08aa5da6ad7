// What all parts have in common: where they came from, how they end, how they are given a place and a port.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { LeashedProgram } from './leashed-program.ts'

/** Where a part came from, in the order in which it is looked for. */
export type Origin = 'environment' | 'path' | 'container' | 'package'

/** `KONSTRUCT_PART_ORIGIN` takes parts from that origin and later ones only: to try one way where an earlier one is there. */
export const mayComeFrom = (origin: Origin): boolean => {
  const order: readonly string[] = ['environment', 'path', 'container', 'package'] satisfies readonly Origin[]
  return order.indexOf(origin) >= order.indexOf(process.env['KONSTRUCT_PART_ORIGIN'] ?? 'environment')
}

export interface Part {
  readonly name: string
  readonly origin: Origin
  /** Not there for a part that someone else runs. */
  readonly pid: number | undefined
  readonly logFile: string | undefined
  /** Fulfilled when the part is gone; never for a part that someone else runs. */
  readonly exited: Promise<unknown>
  /** Ends it in order. Does nothing to a part that someone else runs. */
  stop(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

export const loopback = '127.0.0.1'

/** Tells a person what takes time. */
export type Report = (line: string) => void

export interface StartOptions {
  /** A free one is taken when left out. */
  readonly port?: number
  /** The address to listen on, and no other; 127.0.0.1 when left out. Who can reach it can reach the part. */
  readonly host?: string
  /** Keeps the data here; left out, it goes to a temporary folder that is removed at the end. */
  readonly folder?: string
  /** Further settings of the part, in its own words; only for one that runs as our own program, not in a container. */
  readonly settings?: Readonly<Record<string, string>>
  readonly report?: Report
}

/** Progress goes to standard error: standard output belongs to the command's result. */
export const reportToStderr: Report = (line) => {
  process.stderr.write(`${line}\n`)
}

/** The part's own folder, and whether it is to be removed with the part. */
export const partFolder = (
  name: string,
  given: string | undefined,
): { readonly folder: string; readonly temporary: string | undefined } => {
  if (given !== undefined) {
    const folder = resolve(given)
    mkdirSync(folder, { recursive: true })
    return { folder, temporary: undefined }
  }
  const folder = mkdtempSync(join(tmpdir(), `konstruct-${name}-`))
  return { folder, temporary: folder }
}

/** The common half of a part that runs as our own program. */
export const ownPart = (name: string, origin: Origin, program: LeashedProgram): Part => ({
  name,
  origin,
  pid: program.pid,
  logFile: program.logFile,
  exited: program.exited,
  stop: () => program.stop(),
  kill: () => program.kill(),
})

/** The common half of a part that someone else runs and that the environment names. */
export const givenPart = (name: string): Part => ({
  name,
  origin: 'environment',
  pid: undefined,
  logFile: undefined,
  exited: new Promise(() => {}),
  stop: () => Promise.resolve(),
  kill: () => Promise.reject(new Error(`${name} is run by someone else and cannot be killed from here.`)),
})

/** The error for a part that cannot be had: which one, why, and the one command that gets it. */
export const partUnavailable = (
  name: string,
  details: { readonly why: string; readonly command: string; readonly cause?: unknown },
): KonstructError =>
  new KonstructError('PART_UNAVAILABLE', {
    message: `${name} cannot be had: ${details.why} Get it with: ${details.command}`,
    cause: details.cause,
  })
