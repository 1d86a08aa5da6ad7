// A stand-in for the image `node:24-slim` where no registry can be reached: a small Debian system with the Node that runs
// this and npm. It has the name that the Dockerfile starts from, and a label that says what it is.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withWorkPlace } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { Buildah } from './buildah.ts'
import { makeDebianRoot } from './debian-root.ts'

export const nodeBaseImage = 'docker.io/library/node:24-slim'

const dockerfile = `FROM scratch
COPY root /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_VERSION=${process.versions.node}
CMD ["node"]
`

const addNode = async (root: string, report: Report): Promise<void> => {
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
  await runCommand({
    doing: 'installing npm',
    command: 'npm',
    args: ['install', '--global', `--prefix=${join(root, 'usr/local')}`, '--no-audit', '--no-fund', 'npm@11'],
    report,
  })
}

const label = { name: 'dev.konstruct.stand-in', value: `node-${process.versions.node}-2` }

const make = async (buildah: Buildah, folder: string, report: Report): Promise<void> => {
  mkdirSync(folder)
  const root = await makeDebianRoot({ folder, packages: [], user: { name: 'node', id: 1000 }, report })
  await addNode(root, report)
  writeFileSync(join(folder, 'Dockerfile'), dockerfile)
  await buildah.build({
    image: nodeBaseImage,
    dockerfile: join(folder, 'Dockerfile'),
    context: folder,
    labels: { [label.name]: label.value },
  })
}

/** Makes the image when it is not in the store yet, or was made with another Node. */
export const makeNodeBase = async (buildah: Buildah, report: Report): Promise<void> => {
  if (await buildah.has(nodeBaseImage, `${label.name}=${label.value}`)) return
  await withWorkPlace('node-base', (folder) => make(buildah, folder, report))
}
