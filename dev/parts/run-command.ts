// Runs a command that may take minutes: its output is kept for the error, and a line now and then says that it goes on. It
// ends with this process, however that went: the next one would hold the same lock beside it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Report } from './part.ts'

interface Command {
  /** What it does, as a person would say it: "building kube-apiserver". */
  readonly doing: string
  readonly command: string
  readonly args: readonly string[]
  readonly folder?: string
  readonly env?: Readonly<Record<string, string>>
  readonly report: Report
}

const everyMs = 10_000

/**
 * Waits, beside the command, for the end of standard input, whose other end we hold; then the whole group gets SIGTERM and, if
 * it is slow, SIGKILL. A shell, as leash.mjs takes longer to start than many a command takes.
 */
const leash = `exec 3<&0 </dev/null
(trap '' TERM; read -r end <&3; kill 0; sleep 5; kill -9 0) >/dev/null 2>&1 &
"$@" 3<&-
code=$?
kill -9 $!
exit $code`

/** @returns what the command printed. @throws Error with the end of its output when it fails. */
export const runCommand = async (spec: Command): Promise<string> => {
  const child = spawn('/bin/sh', ['-c', leash, 'sh', spec.command, ...spec.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: spec.folder,
    env: { ...process.env, ...spec.env },
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => output.push(String(text)))
  const since = performance.now()
  const timer = setInterval(() => {
    const last = output.join('').trimEnd().split('\n').at(-1)?.slice(0, 100) ?? ''
    spec.report(`  … ${spec.doing}: ${Math.round((performance.now() - since) / 1000)} s ${last}`)
  }, everyMs)
  try {
    const [code] = await once(child, 'close')
    const text = output.join('')
    if (code !== 0)
      throw new Error(`${spec.command} failed (${code}): ${text.trimEnd().split('\n').slice(-10).join('\n')}`)
    return text
  } finally {
    clearInterval(timer)
  }
}
