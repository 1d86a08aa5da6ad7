// Builds images without a container engine and without a registry. Its store is in the cache, so that a step that did
// not change is not done again. It runs with mounts and processes of its own: when it is killed, none of them stays.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../parts/cache.ts'
import { libraryPath } from '../parts/debian-package.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { DebianPrograms } from './fetch-programs.ts'

export interface Buildah {
  /** True when an image with that name and label is in the store. */
  has(image: string, label: string): Promise<boolean>
  build(spec: BuildSpec): Promise<void>
  /** Writes the image into a file that `ctr images import` and `docker load` read. */
  export(image: string, file: string): Promise<void>
}

export interface BuildSpec {
  /** With registry and tag. */
  readonly image: string
  readonly dockerfile: string
  readonly context: string
  readonly labels?: Readonly<Record<string, string>>
  readonly buildArgs?: Readonly<Record<string, string>>
  /** Id → file. */
  readonly secrets?: Readonly<Record<string, string>>
}

/** What it starts of itself gets an empty environment, and finds its libraries by the loader's list only. */
const script = 'mount --bind "$1" /etc/ld.so.cache; shift; exec buildah "$@"'
const isolated = [
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
  '--',
  'sh',
  '-ec',
  script,
  'sh',
]

const flags = (name: string, values: Readonly<Record<string, string>> = {}): readonly string[] =>
  Object.entries(values).map(([key, value]) => `--${name}=${key}=${value}`)

const buildFlags = (spec: BuildSpec): readonly string[] => [
  ...flags('label', spec.labels),
  ...flags('build-arg', spec.buildArgs),
  ...Object.entries(spec.secrets ?? {}).map(([id, file]) => `--secret=id=${id},src=${file}`),
  `--file=${spec.dockerfile}`,
  `--tag=${spec.image}`,
  spec.context,
]

const writeSettings = (folder: string) => {
  const policy = join(folder, 'policy.json')
  const registries = join(folder, 'registries.conf')
  writeFileSync(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
  writeFileSync(registries, 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n')
  return { policy, registries }
}

/** The list of the system's libraries and those that were unpacked. */
const listLibraries = async (folder: string, debian: DebianPrograms, report: Report): Promise<string> => {
  const settings = join(folder, 'ld.so.conf')
  const list = join(folder, 'ld.so.cache')
  const folders = libraryPath(debian.folder).split(':').join('\n')
  writeFileSync(settings, `include /etc/ld.so.conf\n${folders}\n`)
  const args = ['-X', '-f', settings, '-C', list]
  await runCommand({ doing: 'listing libraries', command: 'ldconfig', args, env: debian.environment, report })
  return list
}

export const openBuildah = async (debian: DebianPrograms, report: Report): Promise<Buildah> => {
  const folder = join(cacheFolder(), 'buildah')
  mkdirSync(folder, { recursive: true })
  const { policy, registries } = writeSettings(folder)
  const libraries = await listLibraries(folder, debian, report)
  const store = [
    `--root=${join(folder, 'store')}`,
    `--runroot=${join(folder, 'run')}`,
    '--storage-driver=overlay',
  ]
  const buildah = (doing: string, args: readonly string[]): Promise<string> =>
    runCommand({
      doing,
      command: 'unshare',
      args: [...isolated, libraries, ...store, `--registries-conf=${registries}`, ...args],
      env: { ...debian.environment, TMPDIR: folder, BUILDAH_ISOLATION: 'chroot' },
      report,
    })
  return {
    has: async (image, label) => {
      const found = await buildah(`looking for ${image}`, ['images', '--json', `--filter=label=${label}`])
      return found.includes(`"${image}"`)
    },
    build: async (spec) => {
      await buildah(`building ${spec.image}`, [
        'bud',
        `--signature-policy=${policy}`,
        '--layers',
        '--pull-never',
        '--network=host',
        ...buildFlags(spec),
      ])
    },
    export: async (image, file) => {
      const to = `docker-archive:${file}:${image}`
      await buildah(`writing ${image} to a file`, ['push', `--signature-policy=${policy}`, image, to])
    },
  }
}
