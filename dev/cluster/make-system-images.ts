// The two images that a cluster cannot do without, each one program and nothing else, kept as files in the cache.
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { Buildah } from './buildah.ts'
import { corednsVersion } from './fetch-programs.ts'
import { pauseImage } from './node-programs.ts'

export const corednsImage = `registry.k8s.io/coredns/coredns:v${corednsVersion}`

const buildPause = async (folder: string, report: Report): Promise<void> => {
  const source = new URL('pause.go', import.meta.url).pathname
  await runCommand({
    doing: 'building pause',
    command: 'go',
    args: ['build', '-trimpath', '-ldflags=-s -w', '-o', join(folder, 'pause'), source],
    folder,
    env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    report,
  })
}

const imageOf = async (
  buildah: Buildah,
  { image, program, folder }: { image: string; program: string; folder: string },
): Promise<void> => {
  const dockerfile = join(folder, 'Dockerfile')
  writeFileSync(dockerfile, `FROM scratch\nCOPY ${program} /${program}\nENTRYPOINT ["/${program}"]\n`)
  await buildah.build({ image, dockerfile, context: folder })
  await buildah.export(image, join(folder, `${program}.tar`))
}

/** @returns files that can be imported. */
export const makeSystemImages = async (
  buildah: Buildah,
  coredns: string,
  report: Report,
): Promise<readonly string[]> => {
  const folder = await cached({
    name: `cluster-images-${corednsVersion}`,
    report,
    fill: async (target) => {
      await buildPause(target, report)
      copyFileSync(coredns, join(target, 'coredns'))
      await imageOf(buildah, { image: pauseImage, program: 'pause', folder: target })
      await imageOf(buildah, { image: corednsImage, program: 'coredns', folder: target })
    },
  })
  return ['pause.tar', 'coredns.tar'].map((name) => join(folder, name))
}
