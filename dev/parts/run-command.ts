// Runs a command that may take minutes: its output is kept for the error, and a line now and then says that it goes on.
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

/** @returns what the command printed. @throws Error with the end of its output when it fails. */
export const runCommand = async (spec: Command): Promise<string> => {
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
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
