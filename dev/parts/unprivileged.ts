// PostgreSQL refuses to run as root. As root we run it as `nobody`, who keeps one right of root: to enter folders such
// as /root, where the program or its data may be. `no_setuid_fixup` lets access(2) honour that right as well.
import { findProgram } from './find-program.ts'

interface User {
  readonly uid: number
  readonly gid: number
}

interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
}

const nobody: User = { uid: 65_534, gid: 65_534 }

/** Who the program has to run as, or nothing when we are not root. */
export const unprivilegedUser = (): User | undefined => (process.getuid?.() === 0 ? nobody : undefined)

/** The command line that runs the program as the unprivileged user, in the same process and with the same pid. */
export const asUnprivileged = (command: string, args: readonly string[]): CommandLine => {
  const user = unprivilegedUser()
  if (user === undefined) return { command, args }
  const setpriv = findProgram('setpriv', ['/usr/bin', '/bin'])
  if (setpriv === undefined)
    throw new Error('setpriv (package util-linux) is needed to run PostgreSQL as root.')
  return {
    command: setpriv,
    args: [
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      '--securebits=+no_setuid_fixup',
      command,
      ...args,
    ],
  }
}
