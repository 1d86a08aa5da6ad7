// What is costly to get is kept outside the repository, one folder per thing and version. A folder under its final
// name is whole: it is filled beside it and then renamed, under a lock, so two runs at once do the work once.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
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

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

/** What is in the cache for the time of some work under that name; the rest of its own name is who works there. */
const workPlaces = (name: string): readonly string[] =>
  readdirSync(cacheFolder())
    .filter((entry) => entry.startsWith(`${name}.`) && /^\d+\.partial$/.test(entry.slice(name.length + 1)))
    .map((entry) => join(cacheFolder(), entry))

/**
 * Gives the work a free path in the cache that is removed after it. One at a time works under a name: whatever is found there
 * is of a run that was killed, and is removed too.
 */
export const withWorkPlace = async <Value>(
  name: string,
  work: (path: string) => Promise<Value>,
  onWait?: () => void,
): Promise<Value> => {
  const path = join(cacheFolder(), `${name}.${process.pid}.partial`)
  const workAlone = async (): Promise<Value> => {
    mkdirSync(cacheFolder(), { recursive: true })
    for (const left of workPlaces(name)) remove(left)
    try {
      return await work(path)
    } finally {
      remove(path)
    }
  }
  return holdLock(join(cacheFolder(), name), workAlone, onWait)
}

/** The folder that holds the thing, filled first when it is not there yet. */
export const cached = async ({ name, report, fill }: Cached): Promise<string> => {
  const final = join(cacheFolder(), name)
  if (existsSync(final)) return final
  const get = async (folder: string): Promise<void> => {
    if (existsSync(final)) return
    const since = performance.now()
    mkdirSync(folder)
    await fill(folder)
    renameSync(folder, final)
    report(`Got ${name} in ${((performance.now() - since) / 1000).toFixed(1)} s.`)
  }
  await withWorkPlace(name, get, () => report(`Waiting for another run that gets ${name}.`))
  return final
}
