// Programs of a published Go module, built in the module's own folder: with the versions, the checksums and the
// replacements that its makers chose. `go install` refuses a module that replaces others.
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import { downloadGoModule, type GoModule } from './download-go-module.ts'

interface GoPrograms extends GoModule {
  /** Folders of main packages; the program's name is the last part. */
  readonly programs: readonly string[]
  /** Where the program knows its version from, as the linker takes it; left out when it does not know it. */
  readonly versionVariable?: string
}

const environment = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' }

/** Builds the programs into the folder. @returns the folder of the sources. */
export const buildGoModule = async (spec: GoPrograms, folder: string, report: Report): Promise<string> => {
  const sources = await downloadGoModule(spec, report)
  const version = spec.versionVariable === undefined ? '' : ` -X ${spec.versionVariable}=${spec.version}`
  const flags = `-ldflags=-s -w${version}`
  await runCommand({
    doing: `building ${spec.module}, some minutes once`,
    command: 'nice',
    args: ['-n', '10', 'go', 'build', '-v', '-trimpath', '-buildvcs=false', flags, `-o=${folder}/`].concat(
      spec.programs.map((program) => `./${join(program)}`),
    ),
    folder: sources,
    env: environment,
    report,
  })
  return sources
}
