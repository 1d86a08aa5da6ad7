// The sources of a published Go module, in Go's own cache: nothing is fetched that is there already.
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'

export interface GoModule {
  readonly module: string
  /** Without the `v`. */
  readonly version: string
}

/** @returns their folder, which is read-only. The checksum database vouches for them. */
export const downloadGoModule = async ({ module, version }: GoModule, report: Report): Promise<string> => {
  const download = await runCommand({
    doing: `downloading ${module}`,
    command: 'go',
    args: ['mod', 'download', '-json', `${module}@v${version}`],
    env: { GOFLAGS: '', GOWORK: 'off' },
    report,
  })
  return (JSON.parse(download.slice(download.indexOf('{'))) as { readonly Dir: string }).Dir
}
