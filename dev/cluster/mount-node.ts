// What the node sees of the file system: the host's, but with /run and /var of its own, so that what container
// runtimes write there is gone with the node. The kernel's settings that a kubelet puts right, and that are the whole
// machine's, are covered by files that say what it wants to read.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder } from '../parts/cache.ts'
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { type NodeSpace, runInside } from './node-space.ts'

/** From the kubelet's `setupKernelTunables`. */
const settings: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
}

/**
 * The cache keeps its path also where that is below /var. Images and objects are in memory, a gigabyte with one image
 * of ours: they come faster, and going they take no time, where removing 20,000 files takes seconds.
 */
const script = `
cache=$1 var=$2 settings=$3
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/cache
mount --bind "$cache" /run/cache
mount --bind "$var" /var
mount -t tmpfs -o mode=711 tmpfs /var/lib/containerd
mount -t tmpfs -o mode=700 tmpfs /var/lib/etcd
[ -d "$cache/cluster" ] || { mkdir -p "$cache"; mount --bind /run/cache "$cache"; }
cd "$settings"
find . -type f | while read -r name; do mount --bind "$name" "/proc/sys/$name"; done
`

const makeVar = (folder: ClusterFolder): string => {
  const place = folder.folder('var')
  for (const name of ['lib/kubelet', 'lib/etcd', 'lib/containerd', 'log', 'tmp', 'cache'])
    mkdirSync(join(place, name), { recursive: true })
  symlinkSync('/run', join(place, 'run'))
  return place
}

const writeSettings = (folder: ClusterFolder): string => {
  const place = folder.folder('settings')
  for (const [name, value] of Object.entries(settings)) {
    mkdirSync(join(place, dirname(name)), { recursive: true })
    writeFileSync(join(place, name), `${value}\n`)
  }
  return place
}

export const mountNode = async (space: NodeSpace, folder: ClusterFolder, report: Report): Promise<void> => {
  const paths = [cacheFolder(), makeVar(folder), writeSettings(folder)]
  const command = ['sh', '-ec', script, 'sh', ...paths]
  await runInside(space, { doing: 'mounting what the node sees', command, report })
}
