// Programs of a published Go module, built in the module's own folder: with the versions, the checksums and the
// replacements that its makers chose. `go install` refuses a module that replaces others.
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import { downloadGoModule, type GoModule } from './download-go-module.ts'

interface GoPrograms extends GoModule {
  /** Folders of main packages; the program's name is the last part. */
  readonly programs: readonly string[]
  /** What the program says its version is: a variable and its value, as the linker takes them; left out when it does not. */
  readonly stamp?: string
  /** What to build of it, as build tags. */
  readonly tags?: readonly string[]
  /** Modules that it replaces with folders of its repository which its archive does not have. They are published, too. */
  readonly publishedApart?: readonly string[]
}

const environment = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' }
const ownFiles = ['go.mod', 'go.sum'] as const

/** The module's own list of versions, but for the folders that are not there. @returns flags of `go build` */
const takePublished = async (
  modules: readonly string[],
  { sources, folder, report }: { sources: string; folder: string; report: Report },
): Promise<readonly string[]> => {
  for (const name of ownFiles) {
    copyFileSync(join(sources, name), join(folder, name))
    chmodSync(join(folder, name), 0o644)
  }
  const list = join(folder, ownFiles[0])
  const drops = modules.map((module) => `-dropreplace=${module}`)
  await runCommand({
    doing: 'choosing versions',
    command: 'go',
    args: ['mod', 'edit', ...drops, list],
    report,
  })
  return [`-modfile=${list}`, '-mod=mod']
}

/** Builds the programs into the folder. @returns the folder of the sources. */
export const buildGoModule = async (spec: GoPrograms, folder: string, report: Report): Promise<string> => {
  const { programs, stamp, tags = [], publishedApart = [] } = spec
  const sources = await downloadGoModule(spec, report)
  const published =
    publishedApart.length === 0 ? [] : await takePublished(publishedApart, { sources, folder, report })
  const linking = ['-s -w', ...(stamp === undefined ? [] : [`-X ${stamp}`])].join(' ')
  const flags = ['-trimpath', '-buildvcs=false', `-tags=${tags.join(',')}`, `-ldflags=${linking}`]
  const packages = programs.map((program) => `./${join(program)}`)
  await runCommand({
    doing: `building ${spec.module}, some minutes once`,
    command: 'nice',
    args: ['-n', '10', 'go', 'build', '-v', ...published, ...flags, `-o=${folder}/`, ...packages],
    folder: sources,
    env: environment,
    report,
  })
  for (const name of ownFiles) rmSync(join(folder, name), { force: true })
  return sources
}
