// What is costly to get is kept outside the repository, one folder per thing and version. A folder under its final
// name is whole: it is filled beside it and then renamed, under a lock, so two runs at once do the work once.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { holdLock } from './hold-lock.mjs'
import type { Report } from './part.ts'

/** `KONSTRUCT_CACHE`, else `konstruct` in the user's cache folder. */
export const cacheFolder = (): string =>
  process.env['KONSTRUCT_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'konstruct')

interface Cached {
  /** Name with version: another version is another folder. */
  readonly name: string
  readonly report: Report
  /** Fills the empty folder that it gets. What it throws leaves nothing behind. */
  readonly fill: (folder: string) => Promise<void>
}

const fillAtomically = async (final: string, { name, report, fill }: Cached): Promise<void> => {
  const temporary = `${final}.${process.pid}.partial`
  const since = performance.now()
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  try {
    await fill(temporary)
    renameSync(temporary, final)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  report(`Got ${name} in ${((performance.now() - since) / 1000).toFixed(1)} s.`)
}

/** The folder that holds the thing, filled first when it is not there yet. */
export const cached = async (spec: Cached): Promise<string> => {
  const final = join(cacheFolder(), spec.name)
  if (existsSync(final)) return final
  await holdLock(
    final,
    async () => {
      if (!existsSync(final)) await fillAtomically(final, spec)
    },
    () => spec.report(`Waiting for another run that gets ${spec.name}.`),
  )
  return final
}
