// An image of one static program and nothing else, as a file that can be imported.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Buildah } from './buildah.ts'

interface ProgramImage {
  readonly image: string
  /** A file in the folder; the image has it under the same name. */
  readonly program: string
  /** Where the image has it; its root when left out. */
  readonly place?: string
  readonly folder: string
  /** Who runs it: a number, so that a kubelet can tell that it is not root. Root when left out. */
  readonly user?: number
}

/** Writes `{program}.tar` into the folder, and returns its path. */
export const makeProgramImage = async (buildah: Buildah, spec: ProgramImage): Promise<string> => {
  const { image, program, place = '/', folder, user = 0 } = spec
  const dockerfile = join(folder, 'Dockerfile')
  const path = join(place, program)
  const file = join(folder, `${program}.tar`)
  writeFileSync(dockerfile, `FROM scratch\nCOPY ${program} ${path}\nUSER ${user}\nENTRYPOINT ["${path}"]\n`)
  await buildah.build({ image, dockerfile, context: folder })
  await buildah.export(image, file)
  return file
}
