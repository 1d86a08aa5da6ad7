// kube-apiserver, etcd and kubectl: on the PATH (or where KUBEBUILDER_ASSETS points), out of their container images,
// else built with Go and unpacked from Debian's package. All three are plain programs whichever way they come.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildKubernetes, kubernetesVersion, neededGo } from './build-kubernetes.ts'
import { cached } from './cache.ts'
import { findContainerEngine } from './container-engine.ts'
import { fetchDebianPackage, hasDebianPackages } from './debian-package.ts'
import { askProgram, findProgram } from './find-program.ts'
import { mayComeFrom, type Origin, partUnavailable, type Report } from './part.ts'
import { runCommand } from './run-command.ts'

interface KubernetesPrograms {
  readonly origin: Origin
  readonly kubeApiserver: string
  readonly kubectl: string
  readonly etcd: string
}

const oldestMinor = 33
const registry = 'registry.k8s.io'
const etcdImage = `${registry}/etcd:3.6.6-0`

const onPath = (name: string): string | undefined => {
  if (!mayComeFrom('path')) return undefined
  const assets = process.env['KUBEBUILDER_ASSETS']
  return findProgram(name, assets === undefined ? [] : [assets])
}

const isNewEnough = async (kubeApiserver: string): Promise<boolean> => {
  const version = await askProgram(kubeApiserver, ['--version'])
  return Number(/v1\.(\d+)/.exec(version ?? '')?.[1] ?? 0) >= oldestMinor
}

const copyFromImage = async (
  engine: string,
  { image, path, folder, report }: { image: string; path: string; folder: string; report: Report },
): Promise<void> => {
  const run = (...args: string[]): Promise<string> =>
    runCommand({ doing: `taking ${path} out of ${image}`, command: engine, args, report })
  await run('pull', '--quiet', image)
  const container = (await run('create', image)).trim().split('\n').at(-1) ?? ''
  await run('cp', `${container}:${path}`, folder)
  await run('rm', container)
}

const fromImages = async (engine: string, report: Report): Promise<string> =>
  cached({
    name: `kubernetes-images-${kubernetesVersion}`,
    report,
    fill: async (folder) => {
      const images = [
        [`${registry}/kube-apiserver:v${kubernetesVersion}`, '/usr/local/bin/kube-apiserver'],
        [`${registry}/kubectl:v${kubernetesVersion}`, '/bin/kubectl'],
        [etcdImage, '/usr/local/bin/etcd'],
      ] as const
      for (const [image, path] of images) await copyFromImage(engine, { image, path, folder, report })
    },
  })

const built = async (report: Report): Promise<string> => {
  const command = `npm run parts -- get kube-apiserver (with ${neededGo} on the PATH)`
  if (findProgram('go') === undefined)
    throw partUnavailable('kube-apiserver', {
      why: 'there is none on the PATH, no container engine answers, and there is no Go to build it with.',
      command,
    })
  try {
    return await cached({
      name: `kubernetes-${kubernetesVersion}`,
      report,
      fill: (folder) => buildKubernetes(['kube-apiserver', 'kubectl'], folder, report),
    })
  } catch (cause) {
    throw partUnavailable('kube-apiserver', { why: `its build failed (${String(cause)}).`, command, cause })
  }
}

const packagedEtcd = async (report: Report): Promise<string> => {
  const command = 'apt-get update && apt-get install etcd-server'
  if (!hasDebianPackages())
    throw partUnavailable('etcd', {
      why: 'there is none on the PATH, and this system has no apt-get.',
      command,
    })
  try {
    return join(await fetchDebianPackage('etcd-server', report), 'usr/bin/etcd')
  } catch (cause) {
    throw partUnavailable('etcd', {
      why: `its Debian package could not be had (${String(cause)}).`,
      command,
      cause,
    })
  }
}

/** Finds the three programs, and gets them when it has to. */
export const findKubernetes = async (report: Report): Promise<KubernetesPrograms> => {
  const kubeApiserver = onPath('kube-apiserver')
  const etcd = onPath('etcd')
  const kubectl = onPath('kubectl')
  if (kubeApiserver && etcd && kubectl && (await isNewEnough(kubeApiserver)))
    return { origin: 'path', kubeApiserver, etcd, kubectl }
  const engine = await findContainerEngine()
  const folder = engine === undefined ? await built(report) : await fromImages(engine, report)
  const besideIt = join(folder, 'etcd')
  return {
    origin: engine === undefined ? 'package' : 'container',
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
    etcd: existsSync(besideIt) ? besideIt : (etcd ?? (await packagedEtcd(report))),
  }
}

/** kubectl alone, for a cluster that someone else runs. */
export const findKubectl = async (report: Report): Promise<string> =>
  onPath('kubectl') ?? join(await built(report), 'kubectl')
