// Runs `npm run cluster -- …` as a person would, without npm.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Ended {
  readonly code: number | null
  readonly output: string
}

export const startCluster = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['dev/cluster/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

export const runCluster = async (...args: string[]): Promise<Ended> => {
  const child = startCluster(...args)
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text) => output.push(String(text)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output: output.join('') }
}
