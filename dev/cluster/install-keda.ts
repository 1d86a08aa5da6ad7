// Puts KEDA into the cluster, and takes it out again. Both can be repeated.
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { awaitExtension, certificateOf, openExtensibleCluster } from './extend-cluster.ts'
import { fetchKeda } from './fetch-keda.ts'
import {
  externalMetrics,
  kedaDeployments,
  kedaManifests,
  kedaNamespace,
  kedaServerNames,
} from './keda-manifests.ts'
import { applyObject, deleteObject, type Kubectl } from './kubectl.ts'
import { timed } from './timed.ts'

const extension = {
  namespace: kedaNamespace,
  deployments: Object.values(kedaDeployments),
  apiService: externalMetrics,
}

/** Ends when ScaledObjects are acted upon and their metrics can be asked for. About 20 s once KEDA is built. */
export const installKeda = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl, buildah, importImages } = await openExtensibleCluster(folder, report)
  const keda = await timed(report, 'KEDA is here', () => fetchKeda(buildah, report))
  await timed(report, 'its images are in the cluster', () => importImages(keda.images))
  // One of them is too large for the note that a client's apply leaves on an object.
  await kubectl.run('apply', '--server-side', '--force-conflicts', '-k', keda.crds)
  const certificate = await certificateOf(folder, { name: 'keda', serverNames: kedaServerNames }, report)
  await applyObject(kubectl, folder.path, kedaManifests(certificate))
  await timed(report, 'KEDA is ready', () => awaitExtension(kubectl, extension))
}

const scaled = ['scaledobjects.keda.sh', 'scaledjobs.keda.sh']

const isInstalled = async (kubectl: Kubectl): Promise<boolean> =>
  (await kubectl.run('get', 'crd', ...scaled, '--ignore-not-found', '-o', 'name')) !== ''

/** First what KEDA has to let go of itself, then KEDA. The images stay. */
export const removeKeda = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl, buildah } = await openExtensibleCluster(folder, report)
  const keda = await fetchKeda(buildah, report)
  if (await isInstalled(kubectl))
    await kubectl.run('delete', scaled.join(','), '--all', '--all-namespaces', '--timeout=60s')
  await kubectl.run('delete', '-k', keda.crds, '--ignore-not-found', '--timeout=60s')
  await deleteObject(kubectl, folder.path, kedaManifests({ certificate: '', key: '' }))
}
