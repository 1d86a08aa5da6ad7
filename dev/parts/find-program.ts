// Finds programs on the PATH, and only those that are new enough.
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first program of that name on the PATH, then in the further folders. */
export const findProgram = (name: string, folders: readonly string[] = []): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram)

/** What the program prints of itself, or nothing when it cannot run. */
export const askProgram = async (program: string, args: readonly string[]): Promise<string | undefined> => {
  try {
    const { stdout } = await run(program, args, { timeout: 10_000 })
    return stdout
  } catch {
    return undefined
  }
}

/** True when the first number that follows a blank or a `v` is at least the given major version. */
export const isAtLeast = (versionText: string | undefined, major: number): boolean =>
  Number(/[\s=v](\d+)\./.exec(versionText ?? '')?.[1] ?? 0) >= major
