// The files of a small Debian system for an image that starts from nothing: a C library, a shell, the small tools, and
// the packages that are named. Downloaded and unpacked only; nothing that a package does when it is installed is done.
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refreshLists } from '../parts/debian-package.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'

interface DebianRoot {
  /** Gets the system as `root`. */
  readonly folder: string
  /** Beyond what every such system has. */
  readonly packages: readonly string[]
  /** The one user beside root. */
  readonly user: { readonly name: string; readonly id: number }
  readonly report: Report
}

/** A shell, the small tools and what they link against, and the files that a system has. */
const always = (
  'base-files base-passwd libc6 libc-bin libgcc-s1 libstdc++6 libatomic1 dash coreutils sed grep ' +
  'libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0'
).split(' ')

const mergedFolders = ['bin', 'sbin', 'lib', 'lib64']

/** As Debian's slim images leave them out. */
const leftOut = ['usr/share/doc', 'usr/share/man', 'usr/share/info', 'usr/share/locale']

const makeSkeleton = (root: string): void => {
  for (const name of mergedFolders) {
    mkdirSync(join(root, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, join(root, name))
  }
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true })
  mkdirSync(join(root, 'etc'), { recursive: true })
}

const unpack = async ({ folder, packages, report }: DebianRoot, root: string): Promise<void> => {
  await refreshLists('libatomic1', report)
  const options = ['-q', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=3']
  await runCommand({
    doing: 'downloading the packages of an image',
    command: 'apt-get',
    args: ['download', ...options, ...always, ...packages],
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

const addUser = (root: string, { name, id }: DebianRoot['user']): void => {
  mkdirSync(join(root, 'home', name), { recursive: true })
  writeFileSync(
    join(root, 'etc/passwd'),
    `root:x:0:0:root:/root:/bin/sh\n${name}:x:${id}:${id}::/home/${name}:/bin/sh\n`,
  )
  writeFileSync(join(root, 'etc/group'), `root:x:0:\n${name}:x:${id}:\n`)
}

/** @returns the path of `root`. */
export const makeDebianRoot = async (spec: DebianRoot): Promise<string> => {
  const root = join(spec.folder, 'root')
  makeSkeleton(root)
  await unpack(spec, root)
  addUser(root, spec.user)
  // Installing the package would do this; without it no name is looked up over the network.
  copyFileSync(join(root, 'usr/share/libc-bin/nsswitch.conf'), join(root, 'etc/nsswitch.conf'))
  await runCommand({
    doing: 'listing its libraries',
    command: 'ldconfig',
    args: ['-r', root],
    report: spec.report,
  })
  return root
}
