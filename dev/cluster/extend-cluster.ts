// The steps that put a server which extends the Kubernetes API into a cluster of ours, whatever server it is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findKubernetes } from '../parts/find-kubernetes.ts'
import type { Report } from '../parts/part.ts'
import { type Buildah, openBuildah } from './buildah.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import type { CertificateText } from './extension-manifests.ts'
import { findNode } from './find-node.ts'
import { importImage } from './import-image.ts'
import { type Kubectl, openKubectl } from './kubectl.ts'
import { makeCertificate } from './make-certificate.ts'

export interface ExtensibleCluster {
  readonly kubectl: Kubectl
  readonly buildah: Buildah
  readonly importImages: (files: readonly string[]) => Promise<void>
}

/** @throws KonstructError `PART_UNAVAILABLE` when none is up */
export const openExtensibleCluster = async (
  folder: ClusterFolder,
  report: Report,
): Promise<ExtensibleCluster> => {
  const { debian, space } = await findNode(folder, report)
  return {
    kubectl: openKubectl((await findKubernetes(report)).kubectl, folder.kubeconfig, report),
    buildah: await openBuildah(debian, report),
    importImages: async (files) => {
      for (const file of files) await importImage(space, file, report)
    },
  }
}

interface ServerCertificate {
  readonly name: string
  readonly serverNames: readonly string[]
}

/** Made once per cluster: a pod that runs goes on with the one it started with. */
export const certificateOf = async (
  folder: ClusterFolder,
  { name, serverNames }: ServerCertificate,
  report: Report,
): Promise<CertificateText> => {
  const secrets = folder.folder('secrets')
  const files = { certificate: join(secrets, `${name}.crt`), key: join(secrets, `${name}.key`) }
  if (!existsSync(files.certificate))
    await makeCertificate(secrets, { name, subject: `/CN=${name}`, serverNames, report })
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
}

interface Extension {
  readonly namespace: string
  readonly deployments: readonly string[]
  readonly apiService: string
}

/** Resolves when its pods are ready and the API server asks them. */
export const awaitExtension = async (
  kubectl: Kubectl,
  { namespace, deployments, apiService }: Extension,
): Promise<void> => {
  for (const name of deployments)
    await kubectl.run('-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=180s')
  await kubectl.run('wait', '--for=condition=Available', `apiservice/${apiService}`, '--timeout=60s')
}
