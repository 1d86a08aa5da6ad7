// Puts KEDA into the cluster, and takes it out again. Both can be repeated.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { findKubernetes } from '../parts/find-kubernetes.ts'
import type { Report } from '../parts/part.ts'
import { openBuildah } from './buildah.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { fetchDebianPrograms } from './fetch-programs.ts'
import { fetchKeda } from './fetch-keda.ts'
import { importImage } from './import-image.ts'
import {
  type CertificateText,
  externalMetrics,
  kedaDeployments,
  kedaManifests,
  kedaNamespace,
  kedaServerNames,
} from './keda-manifests.ts'
import { applyObject, deleteObject, type Kubectl, openKubectl } from './kubectl.ts'
import { makeCertificate } from './make-certificate.ts'
import { findNodeSpace, type NodeSpace } from './node-space.ts'
import { timed } from './timed.ts'

const openCluster = async (folder: ClusterFolder, report: Report) => {
  const debian = await fetchDebianPrograms(report)
  const space = findNodeSpace(folder, debian.environment)
  if (space === undefined)
    throw new KonstructError('PART_UNAVAILABLE', {
      message: 'There is no cluster for KEDA: npm run cluster -- up',
    })
  const kubectl = openKubectl((await findKubernetes(report)).kubectl, folder.kubeconfig, report)
  return { debian, space, kubectl }
}

const importImages = async (space: NodeSpace, files: readonly string[], report: Report): Promise<void> => {
  for (const file of files) await importImage(space, file, report)
}

/** Made once per cluster: a pod that runs goes on with the one it started with. */
const certificateOf = async (secrets: string, report: Report): Promise<CertificateText> => {
  const files = { certificate: join(secrets, 'keda.crt'), key: join(secrets, 'keda.key') }
  if (!existsSync(files.certificate))
    await makeCertificate(secrets, {
      name: 'keda',
      subject: '/CN=keda',
      serverNames: kedaServerNames,
      report,
    })
  return { certificate: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') }
}

const awaitReady = async (kubectl: Kubectl): Promise<void> => {
  for (const name of Object.values(kedaDeployments))
    await kubectl.run('-n', kedaNamespace, 'rollout', 'status', `deployment/${name}`, '--timeout=180s')
  await kubectl.run('wait', '--for=condition=Available', `apiservice/${externalMetrics}`, '--timeout=60s')
}

/** Ends when ScaledObjects are acted upon and their metrics can be asked for. About 20 s once KEDA is built. */
export const installKeda = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { debian, space, kubectl } = await openCluster(folder, report)
  const keda = await timed(report, 'KEDA is here', async () =>
    fetchKeda(await openBuildah(debian, report), report),
  )
  await timed(report, 'its images are in the cluster', () => importImages(space, keda.images, report))
  // One of them is too large for the note that a client's apply leaves on an object.
  await kubectl.run('apply', '--server-side', '--force-conflicts', '-k', keda.crds)
  const certificate = await certificateOf(folder.folder('secrets'), report)
  await applyObject(kubectl, folder.path, kedaManifests(certificate))
  await timed(report, 'KEDA is ready', () => awaitReady(kubectl))
}

const scaled = ['scaledobjects.keda.sh', 'scaledjobs.keda.sh']

const isInstalled = async (kubectl: Kubectl): Promise<boolean> =>
  (await kubectl.run('get', 'crd', ...scaled, '--ignore-not-found', '-o', 'name')) !== ''

/** First what KEDA has to let go of itself, then KEDA. The images stay. */
export const removeKeda = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { debian, kubectl } = await openCluster(folder, report)
  const keda = await fetchKeda(await openBuildah(debian, report), report)
  if (await isInstalled(kubectl))
    await kubectl.run('delete', scaled.join(','), '--all', '--all-namespaces', '--timeout=60s')
  await kubectl.run('delete', '-k', keda.crds, '--ignore-not-found', '--timeout=60s')
  await deleteObject(kubectl, folder.path, kedaManifests({ certificate: '', key: '' }))
}
