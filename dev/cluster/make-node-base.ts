// A stand-in for the image `node:24-slim` where no registry can be reached: the same C library, a shell and the small
// tools, out of Debian's packages, with the Node that runs this and npm. It has the name that the Dockerfile starts
// from, and a label that says what it is.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../parts/cache.ts'
import { refreshLists } from '../parts/debian-package.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { Buildah } from './buildah.ts'

export const nodeBaseImage = 'docker.io/library/node:24-slim'

/** What a shell, the small tools and Node link against, and the files that a system has. */
const packages = (
  'base-files base-passwd libc6 libc-bin libgcc-s1 libstdc++6 libatomic1 dash coreutils sed grep ' +
  'libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0'
).split(' ')

const mergedFolders = ['bin', 'sbin', 'lib', 'lib64']

/** As Debian's slim images leave them out. */
const leftOut = ['usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale']

const dockerfile = `FROM scratch
COPY root /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_VERSION=${process.versions.node}
CMD ["node"]
`

const makeSkeleton = (root: string): void => {
  for (const name of mergedFolders) {
    mkdirSync(join(root, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, join(root, name))
  }
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true })
  mkdirSync(join(root, 'etc'), { recursive: true })
  mkdirSync(join(root, 'home/node'), { recursive: true })
}

const unpack = async (folder: string, root: string, report: Report): Promise<void> => {
  await refreshLists('libatomic1', report)
  const options = ['-q', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3']
  await runCommand({
    doing: 'downloading the packages of a base image',
    command: 'apt-get',
    args: ['download', ...options, ...packages],
    folder,
    report,
  })
  // The packages still say /bin where the system has a link to /usr/bin, which has to stay one.
  const script = `for deb in *.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$1"; done`
  await runCommand({
    doing: 'unpacking them',
    command: 'sh',
    args: ['-ec', script, 'sh', root],
    folder,
    report,
  })
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) rmSync(join(folder, file))
  for (const path of leftOut) rmSync(join(root, path), { recursive: true, force: true })
}

const addNode = async (root: string, report: Report): Promise<void> => {
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
  await runCommand({
    doing: 'installing npm',
    command: 'npm',
    args: ['install', '--global', `--prefix=${join(root, 'usr/local')}`, '--no-audit', '--no-fund', 'npm@11'],
    report,
  })
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  // Installing the package would do this; without it no name is looked up over the network.
  copyFileSync(join(root, 'usr/share/libc-bin/nsswitch.conf'), join(root, 'etc/nsswitch.conf'))
  await runCommand({ doing: 'listing its libraries', command: 'ldconfig', args: ['-r', root], report })
}

const label = { name: 'dev.konstruct.stand-in', value: `node-${process.versions.node}-2` }

/** Makes the image when it is not in the store yet, or was made with another Node. */
export const makeNodeBase = async (buildah: Buildah, report: Report): Promise<void> => {
  if (await buildah.has(nodeBaseImage, `${label.name}=${label.value}`)) return
  const folder = mkdtempSync(join(cacheFolder(), 'node-base-'))
  const root = join(folder, 'root')
  try {
    makeSkeleton(root)
    await unpack(folder, root, report)
    await addNode(root, report)
    writeFileSync(join(folder, 'Dockerfile'), dockerfile)
    await buildah.build({
      image: nodeBaseImage,
      dockerfile: join(folder, 'Dockerfile'),
      context: folder,
      labels: { [label.name]: label.value },
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
