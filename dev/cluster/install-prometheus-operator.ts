// Puts Prometheus Operator into the cluster as its makers publish it, and takes it out again. Both can be repeated.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { openExtensibleCluster } from './extend-cluster.ts'
import { fetchPrometheusOperator } from './fetch-prometheus-operator.ts'
import { timed } from './timed.ts'

/** Whom the chart's NetworkPolicies let read metrics unless told otherwise. */
export const monitoringNamespace = 'monitoring'

const namespace = `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${monitoringNamespace} }\n`

/** All that they publish in one file, moved to that namespace. */
const writeManifests = (folder: ClusterFolder, files: readonly string[]): string => {
  const published = files.map((file) =>
    readFileSync(file, 'utf8').replaceAll(/^( +namespace:) default$/gm, `$1 ${monitoringNamespace}`),
  )
  const file = join(folder.path, 'prometheus-operator.yaml')
  writeFileSync(file, [namespace, ...published].join('\n---\n'))
  return file
}

/** Ends when PodMonitors and PrometheusRules are acted upon. About 15 s once it is built. */
export const installPrometheusOperator = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl, buildah, importImages } = await openExtensibleCluster(folder, report)
  const { images, manifests } = await timed(report, 'Prometheus Operator is here', () =>
    fetchPrometheusOperator(buildah, report),
  )
  await timed(report, 'its images are in the cluster', () => importImages(images))
  const file = writeManifests(folder, manifests)
  // Some definitions are too large for the note that a client's apply leaves on an object.
  const where = ['-n', monitoringNamespace]
  await timed(report, 'its definitions are in the cluster', () =>
    kubectl.run(...where, 'apply', '--server-side', '--force-conflicts', '-f', file),
  )
  await timed(report, 'Prometheus Operator is ready', () =>
    kubectl.run(...where, 'rollout', 'status', 'deployment/prometheus-operator', '--timeout=120s'),
  )
}

/** The images stay. */
export const removePrometheusOperator = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl, buildah } = await openExtensibleCluster(folder, report)
  const { manifests } = await fetchPrometheusOperator(buildah, report)
  const file = writeManifests(folder, manifests)
  const where = ['-n', monitoringNamespace]
  await kubectl.run(...where, 'delete', '--ignore-not-found', '--timeout=120s', '-f', file)
}
