// The namespaces of a node: network, mounts and processes of its own, so that nothing it does is seen on the host,
// and so that its end is the end of all of it. One process, the anchor, holds them: when it is killed, the kernel ends
// every process inside, and with the last one go mounts, interfaces, routes and iptables rules. What is left then are
// control groups (control-groups.ts) and files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { logTail } from '../parts/leashed-program.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { isAlive, type ProcessIdentity, readIdentity } from './process-identity.ts'

export interface NodeSpace {
  readonly anchor: ProcessIdentity
  readonly environment: Readonly<Record<string, string>>
}

export interface NodeProgram {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly logFile: string
}

export interface RunningProgram extends NodeProgram {
  /** Fulfilled with the exit code when the program is gone, as long as this process is there to see it. */
  readonly exited: Promise<number>
}

/** Process 1 of the node: it has to wait for the orphans that container shims leave to it, or they stay as zombies. */
const firstProcess = 'echo ready; exec >/dev/null; while :; do sleep 86400 & wait; done'

/** It tells who it is before it does anything, so that it is found again even when this process is killed now. */
const anchorScript = `cat /proc/$$/stat >"$1"
exec unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '${firstProcess}'`

const firstLine = async (stream: NodeJS.ReadableStream): Promise<string> => {
  for await (const line of createInterface({ input: stream })) return line
  return ''
}

/** Opens the namespaces. They outlive this process. */
export const openNodeSpace = async (
  folder: ClusterFolder,
  environment: Readonly<Record<string, string>>,
): Promise<NodeSpace> => {
  const logFile = folder.log('anchor')
  const log = openSync(logFile, 'a')
  const args = ['-ec', anchorScript, 'sh', folder.anchor]
  const stdio = ['ignore', 'pipe', log] as const
  const anchor = spawn('sh', args, { detached: true, stdio: [...stdio], cwd: '/' })
  closeSync(log)
  const line = anchor.stdout === null ? '' : await firstLine(anchor.stdout)
  anchor.stdout?.destroy()
  anchor.unref()
  const space = findNodeSpace(folder, environment)
  if (line === 'ready' && space !== undefined) return space
  throw new Error(`The node’s namespaces cannot be made:\n${logTail(logFile)}`)
}

/** The namespaces that an earlier run opened, while they are there. */
export const findNodeSpace = (
  folder: ClusterFolder,
  environment: Readonly<Record<string, string>>,
): NodeSpace | undefined => {
  const anchor = readIdentity(folder.anchor)
  return anchor !== undefined && isAlive(anchor) ? { anchor, environment } : undefined
}

/** `ip netns exec` would hide the control groups. */
const enter = ({ anchor }: NodeSpace): readonly string[] => [
  `--net=/proc/${anchor.pid}/ns/net`,
  `--mount=/proc/${anchor.pid}/ns/mnt`,
  `--pid=/proc/${anchor.pid}/ns/pid_for_children`,
  '--wd=/',
  '--',
]

/** Runs a command inside to its end. @returns what it printed. */
export const runInside = (
  space: NodeSpace,
  { doing, command, report }: { doing: string; command: readonly string[]; report: Report },
): Promise<string> =>
  runCommand({
    doing,
    command: 'nsenter',
    args: [...enter(space), ...command],
    env: space.environment,
    report,
  })

/** Starts a program inside. It outlives this process, and ends with the anchor. */
export const startInside = (space: NodeSpace, program: NodeProgram): RunningProgram => {
  const log = openSync(program.logFile, 'a')
  const child = spawn('nsenter', [...enter(space), program.command, ...program.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...space.environment, ...program.environment },
  })
  closeSync(log)
  child.unref()
  const exited = once(child, 'exit').then(
    ([code]) => Number(code ?? 1),
    () => 127,
  )
  return { ...program, exited }
}
