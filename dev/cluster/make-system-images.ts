// The two images that a cluster cannot do without, each one program and nothing else, kept as files in the cache.
import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { Buildah } from './buildah.ts'
import { corednsVersion } from './fetch-programs.ts'
import { makeProgramImage } from './make-program-image.ts'
import { pauseImage } from './node-programs.ts'

export const corednsImage = `registry.k8s.io/coredns/coredns:v${corednsVersion}`

const pauseSource = new URL('pause.go', import.meta.url).pathname

/** Changes with whatever they are made of. */
const fingerprint = (): string =>
  createHash('sha256')
    .update(JSON.stringify([corednsImage, pauseImage]))
    .update(readFileSync(pauseSource))
    .digest('hex')
    .slice(0, 12)

const buildPause = async (folder: string, report: Report): Promise<void> => {
  await runCommand({
    doing: 'building pause',
    command: 'go',
    args: ['build', '-trimpath', '-ldflags=-s -w', '-o', join(folder, 'pause'), pauseSource],
    folder,
    env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    report,
  })
}

/** @returns files that can be imported. */
export const makeSystemImages = async (
  buildah: Buildah,
  coredns: string,
  report: Report,
): Promise<readonly string[]> => {
  const folder = await cached({
    name: `cluster-images-${fingerprint()}`,
    report,
    fill: async (target) => {
      await buildPause(target, report)
      copyFileSync(coredns, join(target, 'coredns'))
      await makeProgramImage(buildah, { image: pauseImage, program: 'pause', folder: target })
      await makeProgramImage(buildah, { image: corednsImage, program: 'coredns', folder: target })
    },
  })
  return ['pause.tar', 'coredns.tar'].map((name) => join(folder, name))
}
