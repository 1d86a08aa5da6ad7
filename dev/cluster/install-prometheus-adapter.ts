// Puts prometheus-adapter into the cluster, and takes it out again. Both can be repeated.
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { awaitExtension, certificateOf, openExtensibleCluster } from './extend-cluster.ts'
import { fetchPrometheusAdapter } from './fetch-prometheus-adapter.ts'
import { applyObject, deleteObject } from './kubectl.ts'
import {
  adapterManifests,
  adapterName,
  type AdapterOptions,
  adapterServerNames,
  customMetrics,
} from './prometheus-adapter-manifests.ts'
import { timed } from './timed.ts'

const extension = { namespace: adapterName, deployments: [adapterName], apiService: customMetrics }

/** Ends when custom metrics can be asked for. */
export const installPrometheusAdapter = async (
  folder: ClusterFolder,
  options: AdapterOptions,
  report: Report,
): Promise<void> => {
  const { kubectl, buildah, importImages } = await openExtensibleCluster(folder, report)
  const image = await timed(report, 'prometheus-adapter is here', () =>
    fetchPrometheusAdapter(buildah, report),
  )
  await timed(report, 'its image is in the cluster', () => importImages([image]))
  const server = { name: adapterName, serverNames: adapterServerNames }
  const certificate = await certificateOf(folder, server, report)
  await applyObject(kubectl, folder.path, adapterManifests(options, certificate))
  await timed(report, 'prometheus-adapter is ready', () => awaitExtension(kubectl, extension))
}

/** The image stays. */
export const removePrometheusAdapter = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl } = await openExtensibleCluster(folder, report)
  const nothing = { prometheusUrl: '', rules: '' }
  await deleteObject(kubectl, folder.path, adapterManifests(nothing, { certificate: '', key: '' }))
}
