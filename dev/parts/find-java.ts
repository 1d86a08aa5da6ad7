// Java, where JAVA_HOME or the PATH names it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './find-program.ts'

const run = promisify(execFile)

/** The `java` of JAVA_HOME, else of the PATH. */
export const findJava = (): string | undefined => {
  const home = process.env['JAVA_HOME']
  return home === undefined || home === '' ? findProgram('java') : join(home, 'bin/java')
}

/** The major version, or 0 when it cannot run. Java tells it on standard error. */
export const askJavaVersion = async (java: string): Promise<number> => {
  try {
    const { stderr } = await run(java, ['-version'], { timeout: 20_000 })
    return Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  } catch {
    return 0
  }
}
