// One program of a published Go module, built into the cache as a static binary.
import { join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'

interface GoProgram {
  readonly name: string
  /** Its import path. */
  readonly package: string
  /** Without the `v`. */
  readonly version: string
  readonly report: Report
}

/** @returns the program's path. The checksum database vouches for what is built. */
export const buildGoProgram = async (spec: GoProgram): Promise<string> => {
  const { name, version, report } = spec
  const folder = await cached({
    name: `${name}-${version}`,
    report,
    fill: async (target) => {
      await runCommand({
        doing: `building ${name}, a few minutes once`,
        command: 'go',
        args: ['install', '-v', '-trimpath', '-ldflags=-s -w', `${spec.package}@v${version}`],
        folder: target,
        env: { CGO_ENABLED: '0', GOBIN: target, GOFLAGS: '', GOWORK: 'off' },
        report,
      })
    },
  })
  return join(folder, name)
}
