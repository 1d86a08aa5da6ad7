// Konstruct's own image, from the Dockerfile, under the name that the chart uses when it is told nothing else.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import type { Buildah } from './buildah.ts'
import { makeNodeBase, nodeBaseImage } from './make-node-base.ts'

const root = new URL('../..', import.meta.url).pathname

/** The chart's `image.repository`. */
const imageRepository = 'ghcr.io/konstruct/konstruct'

/** The version in package.json; the chart's `appVersion`. */
const projectVersion = (tree = root): string =>
  (JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as { version: string }).version

export const imageName = (tag = projectVersion()): string => `${imageRepository}:${tag}`

const revisionOf = (tree: string): string => {
  try {
    const args = ['-C', tree, 'rev-parse', 'HEAD']
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}

/** The authorities that this machine trusts: npm's registry may be behind a proxy that signs with one of them. */
const authorities = (): Readonly<Record<string, string>> => {
  const file = process.env['NODE_EXTRA_CA_CERTS'] ?? ''
  return file !== '' && existsSync(file) ? { ca: file } : {}
}

/** What a build of the image takes, whoever does it; `tree` is a checkout of the project, this one unless given. */
export const imageSources = (tree = root) => ({
  dockerfile: join(tree, 'Dockerfile'),
  context: tree,
  buildArgs: { VERSION: projectVersion(tree), REVISION: revisionOf(tree) },
})

export interface ImageOptions {
  readonly tag?: string | undefined
  /** Where the project is that the image is made of; this one unless given. */
  readonly tree?: string
  readonly report: Report
}

/** Builds the image and gives its name. */
export const buildImage = async (buildah: Buildah, { tag, tree, report }: ImageOptions): Promise<string> => {
  await makeNodeBase(buildah, report)
  const image = imageName(tag)
  const { buildArgs, ...sources } = imageSources(tree)
  await buildah.build({
    ...sources,
    image,
    buildArgs: { ...buildArgs, BASE: nodeBaseImage },
    secrets: authorities(),
  })
  return image
}
