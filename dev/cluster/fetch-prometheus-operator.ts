// Prometheus Operator, and the Prometheus that it runs, from their Go modules: as programs and as images under the names
// that they are published under. Of Prometheus' ways to find targets only Kubernetes' is built, which Debian's leaves out.
import { copyFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { buildGoModule } from './build-go-module.ts'
import type { Buildah } from './buildah.ts'
import { makeProgramImage } from './make-program-image.ts'
import { prometheusOperator } from './prometheus-operator-module.ts'

/** As a Prometheus resource names it, and as its Go module does. */
export const prometheusVersion = 'v3.14.0'
const prometheusModule = { module: 'github.com/prometheus/prometheus', version: '0.314.0' } as const

/** The number that the images run as; their makers call it nobody. */
export const nobody = 65_534

const { module, version } = prometheusOperator
const versionVariable = 'github.com/prometheus/common/version.Version'
/** A file in the folder → the image that has nothing else. */
const operatorImages = {
  operator: `quay.io/prometheus-operator/prometheus-operator:v${version}`,
  'prometheus-config-reloader': `quay.io/prometheus-operator/prometheus-config-reloader:v${version}`,
} as const
const prometheusImages = { prometheus: `quay.io/prometheus/prometheus:${prometheusVersion}` } as const
/** What people apply: the definitions, the operator and its rights; and the rights of a Prometheus. */
const manifests = [
  'bundle.yaml',
  ...['service-account', 'cluster-role', 'cluster-role-binding'].map(
    (name) => `example/rbac/prometheus/prometheus-${name}.yaml`,
  ),
]

const makeImages = async (
  buildah: Buildah,
  images: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> => {
  for (const [program, image] of Object.entries(images))
    await makeProgramImage(buildah, { image, program, place: '/bin', folder, user: nobody })
}

const buildOperator = async (buildah: Buildah, folder: string, report: Report): Promise<void> => {
  const sources = await buildGoModule(
    {
      ...prometheusOperator,
      programs: Object.keys(operatorImages).map((program) => `cmd/${program}`),
      stamp: `${versionVariable}=${version}`,
      publishedApart: [`${module}/pkg/apis/monitoring`, `${module}/pkg/client`],
    },
    folder,
    report,
  )
  for (const path of manifests) copyFileSync(join(sources, path), join(folder, basename(path)))
  await makeImages(buildah, operatorImages, folder)
}

const buildPrometheus = async (buildah: Buildah, folder: string, report: Report): Promise<void> => {
  await buildGoModule(
    {
      ...prometheusModule,
      programs: ['cmd/prometheus'],
      stamp: `${versionVariable}=${prometheusVersion.slice(1)}`,
      tags: ['netgo', 'remove_all_sd', 'enable_kubernetes_sd'],
    },
    folder,
    report,
  )
  await makeImages(buildah, prometheusImages, folder)
}

interface FetchedOperator {
  /** Files that can be imported. */
  readonly images: readonly string[]
  /** Files for `kubectl apply`; their namespace is `default`. */
  readonly manifests: readonly string[]
}

/** The first time takes about 6 minutes on two cores. */
export const fetchPrometheusOperator = async (buildah: Buildah, report: Report): Promise<FetchedOperator> => {
  const operator = await cached({
    name: `prometheus-operator-${version}`,
    report,
    fill: (folder) => buildOperator(buildah, folder, report),
  })
  const prometheus = await cached({
    name: `prometheus-${prometheusVersion.slice(1)}`,
    report,
    fill: (folder) => buildPrometheus(buildah, folder, report),
  })
  const filesIn = (folder: string, images: object): readonly string[] =>
    Object.keys(images).map((program) => join(folder, `${program}.tar`))
  return {
    images: [...filesIn(operator, operatorImages), ...filesIn(prometheus, prometheusImages)],
    manifests: manifests.map((path) => join(operator, basename(path))),
  }
}
