// Stand-ins for the public images of PostgreSQL, Redis and Kafka that the chart's `devStores` name, under these very
// names, kept as files in the cache. What each takes from the official image's interface is told in store-images/.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { cached } from '../parts/cache.ts'
import { packagedJars } from '../parts/find-kafka.ts'
import type { Report } from '../parts/part.ts'
import { packagedBin } from '../parts/postgres.ts'
import type { Buildah } from './buildah.ts'
import { makeDebianRoot } from './debian-root.ts'

type StoreName = 'postgres' | 'redis' | 'kafka'

interface StandIn {
  /** Debian's, with all that they need. */
  readonly packages: readonly string[]
  /** As in the official image. */
  readonly user: { readonly name: string; readonly id: number }
  /** Puts what is not of Debian into the image's sources. */
  readonly add: (folder: string, report: Report) => Promise<void> | void
}

const standIns: Readonly<Record<StoreName, StandIn>> = {
  postgres: {
    packages: [],
    user: { name: 'postgres', id: 999 },
    add: (folder) =>
      cpSync(dirname(packagedBin()), join(folder, 'native'), { recursive: true, verbatimSymlinks: true }),
  },
  redis: {
    packages: (
      'redis-server redis-tools libjemalloc2 liblzf1 libssl3 libsystemd0 libcap2 libgcrypt20 libgpg-error0 ' +
      'liblz4-1 liblzma5 libzstd1'
    ).split(' '),
    user: { name: 'redis', id: 999 },
    add: () => {},
  },
  kafka: {
    packages: ['openjdk-17-jre-headless', 'zlib1g'],
    user: { name: 'appuser', id: 1000 },
    add: async (folder, report) =>
      cpSync(await packagedJars(report), join(folder, 'jars'), { recursive: true }),
  },
}

const stores = Object.keys(standIns) as StoreName[]
const root = new URL('../..', import.meta.url).pathname
const sources = new URL('store-images', import.meta.url).pathname

interface ChartValues {
  readonly devStores: { readonly images: Readonly<Record<StoreName, string>> }
}

/** As the chart names them. */
const imageNames = (): ChartValues['devStores']['images'] =>
  (parse(readFileSync(join(root, 'charts/konstruct/values.yaml'), 'utf8')) as ChartValues).devStores.images

/** Changes with whatever an image is made of; the versions of Debian's packages are left to Debian. */
const fingerprint = (store: StoreName): string => {
  const hash = createHash('sha256').update(JSON.stringify([imageNames()[store], standIns[store]]))
  for (const file of readdirSync(join(sources, store)).toSorted())
    hash.update(readFileSync(join(sources, store, file)))
  if (store === 'postgres') hash.update(readFileSync(join(dirname(packagedBin()), '../package.json')))
  return hash.digest('hex').slice(0, 12)
}

const makeImage = (buildah: Buildah, store: StoreName, report: Report): Promise<string> => {
  const { packages, user, add } = standIns[store]
  return cached({
    name: `store-image-${store}-${fingerprint(store)}`,
    report,
    fill: async (folder) => {
      const context = join(folder, 'context')
      mkdirSync(context)
      await makeDebianRoot({ folder: context, packages, user, report })
      await add(context, report)
      cpSync(join(sources, store), context, { recursive: true })
      const image = imageNames()[store]
      await buildah.build({ image, dockerfile: join(context, 'Dockerfile'), context })
      await buildah.export(image, join(folder, 'image.tar'))
      rmSync(context, { recursive: true })
    },
  })
}

/** @returns files that can be imported. */
export const makeStoreImages = async (buildah: Buildah, report: Report): Promise<readonly string[]> => {
  const files: string[] = []
  for (const store of stores) files.push(join(await makeImage(buildah, store, report), 'image.tar'))
  return files
}
