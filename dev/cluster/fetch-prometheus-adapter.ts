// prometheus-adapter from its Go module, as an image under the name that its makers publish. Kept in the cache, apart from
// what a cluster needs.
import { join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { buildGoModule } from './build-go-module.ts'
import type { Buildah } from './buildah.ts'
import { makeProgramImage } from './make-program-image.ts'

const version = '0.12.0'

export const adapterImage = `registry.k8s.io/prometheus-adapter/prometheus-adapter:v${version}`
export const adapterProgram = 'adapter'

/** The number that its image runs as. */
const user = 65_534

const build = async (buildah: Buildah, folder: string, report: Report): Promise<void> => {
  const module = 'sigs.k8s.io/prometheus-adapter'
  await buildGoModule({ module, version, programs: ['cmd/adapter'] }, folder, report)
  await makeProgramImage(buildah, { image: adapterImage, program: adapterProgram, folder, user })
}

/** @returns a file that can be imported. The first time takes about 3 minutes on two cores. */
export const fetchPrometheusAdapter = async (buildah: Buildah, report: Report): Promise<string> => {
  const folder = await cached({
    name: `prometheus-adapter-${version}`,
    report,
    fill: (target) => build(buildah, target, report),
  })
  return join(folder, `${adapterProgram}.tar`)
}
