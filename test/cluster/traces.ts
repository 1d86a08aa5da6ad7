// What a cluster could leave on the machine, to compare before and after.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { openClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { leftGroups } from '../../dev/cluster/control-groups.ts'

const read = (file: string): string => readFileSync(file, 'utf8').trim()

/** As a kubelet and a kube-proxy would change them. */
const sharedSettings = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'net/ipv4/ip_forward',
  'net/netfilter/nf_conntrack_max',
]

/** The network namespaces that some process is in. */
const networks = (): readonly string[] => {
  const found = new Set<string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      found.add(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {
      // Gone meanwhile.
    }
  return [...found].toSorted()
}

export const traces = () => ({
  // Their flags and numbers change by themselves; their names are what was made.
  interfaces: readdirSync('/sys/class/net').toSorted(),
  routes: execFileSync('ip', ['route'], { encoding: 'utf8' }),
  mounts: readFileSync('/proc/mounts', 'utf8'),
  controlGroups: leftGroups(),
  settings: sharedSettings.map((name) => [
    name,
    existsSync(`/proc/sys/${name}`) && read(`/proc/sys/${name}`),
  ]),
  networks: networks(),
  folders: [
    '/run/netns',
    '/run/containerd',
    '/var/lib/cni',
    '/var/lib/kubelet',
    '/var/log/pods',
    '/opt/containerd',
  ].filter((path) => existsSync(path)),
  cluster: existsSync(openClusterFolder().path),
})
