// Makes a cluster of one node: namespaces, link, control plane, node, names. Each step tells what it took. What was
// begun by an `up` that was killed is ended first, so that a cluster is whole or new.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { awaitReady } from '../parts/await-ready.ts'
import type { Report } from '../parts/part.ts'
import { nodeName } from './addresses.ts'
import { openBuildah } from './buildah.ts'
import { type ClusterFolder, isMarkedComplete, markComplete } from './cluster-folder.ts'
import {
  apiserverProgram,
  type ClusterParts,
  controllerManagerProgram,
  etcdProgram,
  kubeconfigOf,
  schedulerProgram,
} from './control-plane.ts'
import { makeControlGroups } from './control-groups.ts'
import { makeCredentials } from './credentials.ts'
import { dnsDeployment, dnsManifests } from './dns-manifests.ts'
import { clusterDown } from './down.ts'
import { type ClusterPrograms, fetchClusterPrograms } from './fetch-programs.ts'
import { importImage } from './import-image.ts'
import { applyObject, type Kubectl, openKubectl } from './kubectl.ts'
import { linkNode } from './link-node.ts'
import { makeSystemImages } from './make-system-images.ts'
import { mountNode } from './mount-node.ts'
import {
  containerdProgram,
  containerdSocket,
  kubeletProgram,
  kubeProxyProgram,
  networkPolicyProgram,
  nodeSettings,
} from './node-programs.ts'
import { type NodeSpace, openNodeSpace, type RunningProgram, runInside, startInside } from './node-space.ts'
import { isAlive, readIdentity } from './process-identity.ts'
import { timed } from './timed.ts'

interface Making {
  readonly parts: ClusterParts
  readonly space: NodeSpace
  readonly kubectl: Kubectl
  readonly report: Report
}

/** Each probe here is a program that is started. */
const everyMs = 100

const requireRoot = (): void => {
  if (process.platform === 'linux' && process.getuid?.() === 0) return
  throw new KonstructError('PART_UNAVAILABLE', {
    message:
      'A cluster of one’s own needs Linux and root. With a KUBECONFIG of kind, k3d or minikube: npm run cluster -- up --use-kubeconfig',
  })
}

const openSpace = async (
  folder: ClusterFolder,
  programs: ClusterPrograms,
  report: Report,
): Promise<NodeSpace> => {
  const space = await openNodeSpace(folder, programs.debian.environment)
  await mountNode(space, folder, report)
  await linkNode(space, report)
  makeControlGroups()
  return space
}

const startControlPlane = async ({ parts, space, kubectl }: Making): Promise<void> => {
  startInside(space, etcdProgram(parts))
  const apiserver = startInside(space, apiserverProgram(parts))
  const probe = async (): Promise<boolean> => {
    parts.credentials.kubeconfig('admin', parts.folder.kubeconfig)
    return (await kubectl.run('get', '--raw=/readyz')) === 'ok'
  }
  await awaitReady({ name: 'kube-apiserver', program: apiserver, deadlineMs: 120_000, everyMs, probe })
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'] as const)
    parts.credentials.kubeconfig(name, kubeconfigOf(parts, name))
  startInside(space, controllerManagerProgram(parts))
  startInside(space, schedulerProgram(parts))
}

const writeSettings = (parts: ClusterParts): string => {
  const settings = parts.folder.folder('node')
  for (const [name, text] of Object.entries(nodeSettings(parts, settings))) {
    mkdirSync(dirname(join(settings, name)), { recursive: true })
    writeFileSync(join(settings, name), text)
  }
  return settings
}

const startRuntime = async ({ parts, space, report }: Making, images: readonly string[]): Promise<void> => {
  const containerd = startInside(space, containerdProgram(parts, writeSettings(parts)))
  const command = ['ctr', `--address=${containerdSocket}`, 'version']
  const probe = () => runInside(space, { doing: 'asking containerd', command, report }).then(() => true)
  await awaitReady({ name: 'containerd', program: containerd, deadlineMs: 60_000, everyMs, probe })
  for (const file of images) await importImage(space, file, report)
}

const startNode = async ({ parts, space, kubectl }: Making): Promise<RunningProgram> => {
  const settings = join(parts.folder.path, 'node')
  startInside(space, kubeProxyProgram(parts, settings))
  startInside(space, networkPolicyProgram(parts))
  const kubelet = startInside(space, kubeletProgram(parts, settings))
  const ready = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
  const probe = async (): Promise<boolean> =>
    (await kubectl.run('get', 'node', nodeName, '-o', ready)).trim() === 'True'
  await awaitReady({ name: 'The node', program: kubelet, deadlineMs: 120_000, everyMs, probe })
  return kubelet
}

const startNames = async ({ parts, kubectl }: Making): Promise<void> => {
  await applyObject(kubectl, parts.folder.path, dnsManifests)
  await kubectl.run('-n', 'kube-system', 'rollout', 'status', `deployment/${dnsDeployment}`, '--timeout=120s')
}

const make = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const programs = await timed(report, 'programs are here', () => fetchClusterPrograms(report))
  const images = await timed(report, 'images of the system are here', async () =>
    makeSystemImages(await openBuildah(programs.debian, report), programs.coredns, report),
  )
  const space = await timed(report, 'namespaces, mounts, link to the host', () =>
    openSpace(folder, programs, report),
  )
  const secrets = folder.folder('secrets')
  const credentials = await makeCredentials(secrets, report)
  const kubectl = openKubectl(programs.kubectl, folder.kubeconfig, report)
  const making = { parts: { programs, folder, credentials, secrets }, space, kubectl, report }
  await Promise.all([
    timed(report, 'etcd and kube-apiserver are ready', () => startControlPlane(making)),
    timed(report, 'containerd is ready, with its images', () => startRuntime(making, images)),
  ])
  await timed(report, 'the node is Ready', () => startNode(making))
  await timed(report, 'CoreDNS answers', () => startNames(making))
  markComplete(folder)
}

/** True when a whole cluster is there. */
export const isUp = (folder: ClusterFolder): boolean => {
  const anchor = readIdentity(folder.anchor)
  return anchor !== undefined && isAlive(anchor) && isMarkedComplete(folder)
}

/** Makes the cluster unless it is there. A failure leaves nothing behind but the sentence that tells it. */
export const clusterUp = async (folder: ClusterFolder, report: Report): Promise<void> => {
  requireRoot()
  if (isUp(folder)) return report('The cluster is there already.')
  if (await clusterDown(folder)) report('Removed what was left of an earlier cluster.')
  try {
    await make(folder, report)
  } catch (thrown) {
    await clusterDown(folder)
    throw thrown
  }
}
