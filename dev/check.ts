// npm run check: everything that can be said about the code without running it. All checks run, whatever fails.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['types', 'tsc'],
  ['types of the web chat', 'tsc', '-p', 'services/webchat'],
  ['lint', 'oxlint', '--type-aware'],
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['unused code', 'knip'],
  ['generated types', process.execPath, 'dev/generate-types.ts', '--check'],
  ['generated parts of the charts', process.execPath, 'dev/generate-charts.ts', '--check'],
]

let failed = 0
for (const [name, command, ...args] of checks) {
  if (args[0]?.endsWith('.ts') && !existsSync(args[0])) continue
  const since = performance.now()
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (status !== 0) failed += 1
}
process.exitCode = failed === 0 ? 0 : 1
