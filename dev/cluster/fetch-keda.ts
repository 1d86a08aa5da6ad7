// KEDA from its Go module: operator and metrics server as programs and as images under the names that KEDA publishes,
// and its CRDs. Kept in the cache, apart from what a cluster needs.
import { chmodSync, cpSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { buildGoModule } from './build-go-module.ts'
import type { Buildah } from './buildah.ts'
import { makeProgramImage } from './make-program-image.ts'

const kedaVersion = '2.21.0'

export const kedaImages = {
  operator: `ghcr.io/kedacore/keda:${kedaVersion}`,
  metricsServer: `ghcr.io/kedacore/keda-metrics-apiserver:${kedaVersion}`,
} as const

/** In its images KEDA calls them so. */
export const kedaPrograms = { operator: 'keda', metricsServer: 'keda-adapter' } as const

/** The number that KEDA's images run as. */
const user = 65_532

const build = async (buildah: Buildah, folder: string, report: Report): Promise<void> => {
  const sources = await buildGoModule(
    {
      module: 'github.com/kedacore/keda/v2',
      version: kedaVersion,
      programs: ['cmd/operator', 'cmd/adapter'],
      stamp: `github.com/kedacore/keda/v2/version.Version=${kedaVersion}`,
    },
    folder,
    report,
  )
  // Go writes its sources read-only, folders too.
  cpSync(join(sources, 'config/crd'), join(folder, 'crd'), { recursive: true, mode: 0 })
  for (const name of ['', 'bases', 'patches']) makeWritable(join(folder, 'crd', name))
  renameSync(join(folder, 'operator'), join(folder, kedaPrograms.operator))
  renameSync(join(folder, 'adapter'), join(folder, kedaPrograms.metricsServer))
  for (const part of ['operator', 'metricsServer'] as const)
    await makeProgramImage(buildah, { image: kedaImages[part], program: kedaPrograms[part], folder, user })
}

const makeWritable = (path: string): void => chmodSync(path, statSync(path).mode | 0o200)

export interface Keda {
  /** Files that can be imported. */
  readonly images: readonly string[]
  /** A folder for `kubectl apply -k`. */
  readonly crds: string
}

/** The first time takes about 8 minutes on two cores. */
export const fetchKeda = async (buildah: Buildah, report: Report): Promise<Keda> => {
  const folder = await cached({
    name: `keda-${kedaVersion}`,
    report,
    fill: (target) => build(buildah, target, report),
  })
  const images = Object.values(kedaPrograms).map((program) => join(folder, `${program}.tar`))
  return { images, crds: join(folder, 'crd') }
}
