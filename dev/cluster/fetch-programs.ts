// What a node is made of, out of packages: Kubernetes' own programs and CoreDNS built with Go, the container runtime
// unpacked from Debian's packages. Nothing is installed into the system; all of it is kept in the cache.
import { createHash } from 'node:crypto'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buildKubernetes, kubernetesVersion, neededGo } from '../parts/build-kubernetes.ts'
import { cached } from '../parts/cache.ts'
import {
  debianCacheName,
  hasDebianPackages,
  libraryPath,
  unpackDebianPackage,
} from '../parts/debian-package.ts'
import { findKubernetes } from '../parts/find-kubernetes.ts'
import { findProgram } from '../parts/find-program.ts'
import { partUnavailable, type Report } from '../parts/part.ts'
import { buildGoProgram } from './build-go-program.ts'

/** Paths of programs. */
export interface ClusterPrograms {
  readonly etcd: string
  readonly kubeApiserver: string
  readonly kubectl: string
  readonly kubeControllerManager: string
  readonly kubeScheduler: string
  readonly kubelet: string
  readonly kubeProxy: string
  readonly coredns: string
  readonly debian: DebianPrograms
}

export interface DebianPrograms {
  /** The root that the packages were unpacked into. */
  readonly folder: string
  /** PATH and what else makes them find one another; programs that they start inherit it. */
  readonly environment: Readonly<Record<string, string>>
}

export const corednsVersion = '1.14.7'
const helmVersion = '4.3.1'

const nodePrograms = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy']
const debianPackages = ['containerd', 'iptables', 'conntrack', 'containernetworking-plugins', 'buildah']

/** Debian chooses between two kinds of iptables when it installs; unpacked, the choice is ours. */
const iptablesNames = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`])

/** What every Debian has but the smallest. */
const iproute = (): readonly string[] => (findProgram('ip', ['/usr/sbin', '/sbin']) ? [] : ['iproute2'])

/** With another list it is another folder. */
const debianFolderName = (packages: readonly string[]): string => {
  const list = createHash('sha256').update(JSON.stringify([packages, iptablesNames]))
  return debianCacheName(`cluster-${list.digest('hex').slice(0, 12)}`)
}

const unpackDebianPrograms = async (
  packages: readonly string[],
  folder: string,
  report: Report,
): Promise<void> => {
  for (const name of packages) await unpackDebianPackage(name, folder, report)
  for (const name of iptablesNames) symlinkSync('xtables-nft-multi', join(folder, 'usr/sbin', name))
}

/** Debian's programs in the cache; they run from there. */
export const fetchDebianPrograms = async (report: Report): Promise<DebianPrograms> => {
  if (!hasDebianPackages())
    throw partUnavailable('A cluster', {
      why: 'this system has no apt-get to get containerd, runc, iptables and buildah with.',
      command: 'npm run cluster -- up --use-kubeconfig (with a KUBECONFIG of kind, k3d or minikube)',
    })
  const packages = [...debianPackages, ...iproute()]
  const folder = await cached({
    name: debianFolderName(packages),
    report,
    fill: (target) => unpackDebianPrograms(packages, target, report),
  })
  const libraries = libraryPath(folder)
  const programs = ['usr/sbin', 'usr/bin', 'bin', 'sbin'].map((name) => join(folder, name)).join(':')
  const environment = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: join(folder, `usr/lib/${debianTriplet()}/xtables`),
  }
  return { folder, environment }
}

const debianTriplet = (): string => (process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu')

const fetchNodePrograms = (report: Report): Promise<string> =>
  cached({
    name: `kubernetes-node-${kubernetesVersion}`,
    report,
    fill: (folder) => buildKubernetes(nodePrograms, folder, report),
  })

const requireGo = (): void => {
  if (findProgram('go') === undefined)
    throw partUnavailable('A cluster', {
      why: 'Kubernetes’ programs are built with Go, and there is none on the PATH.',
      command: `npm run cluster -- up (with ${neededGo} on the PATH)`,
    })
}

const fetchCoredns = (report: Report): Promise<string> =>
  buildGoProgram({ name: 'coredns', package: 'github.com/coredns/coredns', version: corednsVersion, report })

/** Apart from the others: a cluster runs without it. */
export const fetchHelm = (report: Report): Promise<string> =>
  buildGoProgram({ name: 'helm', package: 'helm.sh/helm/v4/cmd/helm', version: helmVersion, report })

/** Everything that a cluster needs. The first time takes about 15 minutes on two cores. */
export const fetchClusterPrograms = async (report: Report): Promise<ClusterPrograms> => {
  requireGo()
  const debian = await fetchDebianPrograms(report)
  const { etcd, kubeApiserver, kubectl } = await findKubernetes(report)
  const node = await fetchNodePrograms(report)
  return {
    etcd,
    kubeApiserver,
    kubectl,
    kubeControllerManager: join(node, 'kube-controller-manager'),
    kubeScheduler: join(node, 'kube-scheduler'),
    kubelet: join(node, 'kubelet'),
    kubeProxy: join(node, 'kube-proxy'),
    coredns: await fetchCoredns(report),
    debian,
  }
}
