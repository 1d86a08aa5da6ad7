// Programs of Debian packages without touching the system: the packages are downloaded and unpacked into a folder,
// and their libraries are found there by LD_LIBRARY_PATH. Works without root where the package lists are present.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { askProgram, findProgram } from './find-program.ts'
import { holdLock } from './hold-lock.mjs'
import type { Report } from './part.ts'
import { runCommand } from './run-command.ts'

const isRoot = (): boolean => process.getuid?.() === 0

/** True where `apt-get` and `dpkg` are. */
export const hasDebianPackages = (): boolean =>
  findProgram('apt-get') !== undefined && findProgram('dpkg') !== undefined

/** The word that is looked for is another one in other languages. */
const isKnown = async (name: string): Promise<boolean> =>
  /Candidate: \d/.test((await askProgram('env', ['LC_ALL=C', 'apt-cache', 'policy', name])) ?? '')

const fetchLists = (report: Report): Promise<string> =>
  runCommand({
    doing: 'fetching the package lists',
    command: 'apt-get',
    args: ['update', '-q', '-o', 'Acquire::Retries=3'],
    report,
  })

/** Fetches the package lists when a package is not known yet; a fresh machine has none. Needs root then. */
export const refreshLists = async (name: string, report: Report): Promise<void> => {
  if (await isKnown(name)) return
  if (!isRoot())
    throw new Error(`The package lists do not have ${name}; a root user has to run apt-get update.`)
  // apt refuses a second one at the same time, and the first may bring what this one wants.
  await holdLock('apt-get update', async () => {
    if (!(await isKnown(name))) await fetchLists(report)
  })
}

const download = (names: readonly string[], folder: string, report: Report): Promise<string> =>
  runCommand({
    doing: `downloading ${names.join(', ')}`,
    command: 'apt-get',
    // Without the second option root's apt drops to a user who cannot write into the folder, and warns.
    args: ['download', '-q', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3', ...names],
    folder,
    report,
  })

/** The packages that installing this one would add to the system, itself included: apt's own resolver says. */
const missingPackages = async (name: string, report: Report): Promise<readonly string[]> => {
  const uris = await runCommand({
    doing: `asking what ${name} needs`,
    command: 'apt-get',
    args: [
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      '--print-uris',
      '-o',
      'Debug::NoLocking=1',
      name,
    ],
    report,
  })
  const names = [...uris.matchAll(/^'[^']*' ([^_ ]+)_/gm)].flatMap((match) => match[1] ?? [])
  return names.length === 0 ? [name] : names
}

/** Unpacks the package and the libraries it lacks into the folder. */
export const unpackDebianPackage = async (name: string, folder: string, report: Report): Promise<void> => {
  await refreshLists(name, report)
  await download(await missingPackages(name, report), folder, report)
  for (const file of readdirSync(folder).filter((one) => one.endsWith('.deb'))) {
    await runCommand({
      doing: `unpacking ${file}`,
      command: 'dpkg',
      args: ['-x', file, folder],
      folder,
      report,
    })
    rmSync(join(folder, file))
  }
}

const fieldIn = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}="?([^"\\n]+)`, 'm').exec(text)?.[1]

/** The system and its release, as os-release has them. */
export const releaseIn = (osRelease: string): string => {
  const release = fieldIn(osRelease, 'VERSION_ID') ?? fieldIn(osRelease, 'VERSION_CODENAME')
  return [fieldIn(osRelease, 'ID') ?? 'debian', ...(release === undefined ? [] : [release])].join('-')
}

const readRelease = (): string => {
  try {
    return releaseIn(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return releaseIn('')
  }
}

/** What the cache calls packages of this system: another release of it may lack the libraries that theirs needs. */
export const debianCacheName = (name: string): string => `${name}-${readRelease()}`

/** The folder that the package is unpacked into, in the cache. */
export const fetchDebianPackage = (name: string, report: Report): Promise<string> =>
  cached({
    name: debianCacheName(name),
    report,
    fill: (folder) => unpackDebianPackage(name, folder, report),
  })

/** Where the libraries of unpacked packages are, as a value of LD_LIBRARY_PATH. */
export const libraryPath = (folder: string): string => {
  const roots = [join(folder, 'usr/lib'), join(folder, 'lib')]
  return roots.flatMap((root) => [root, ...triplets(root)]).join(':')
}

const triplets = (root: string): readonly string[] => {
  try {
    return readdirSync(root)
      .filter((name) => name.includes('-linux-'))
      .map((name) => join(root, name))
  } catch {
    return []
  }
}
