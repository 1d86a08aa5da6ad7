// What the chart's values-dev.yaml takes for granted of a cluster: that it can pull PostgreSQL, Redis and Kafka, and
// that it hands out storage, as kind, k3d and minikube do. Here the images are made, and the storage is a few folders of
// the node, which are gone with it. Repeated, it empties those that a removed release had.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { openExtensibleCluster } from './extend-cluster.ts'
import { applyObject, type Kubectl } from './kubectl.ts'
import { makeStoreImages } from './make-store-images.ts'
import { timed } from './timed.ts'

/** As kind names it. */
const className = 'standard'
/** For two releases. */
const volumes = ['folder-1', 'folder-2', 'folder-3', 'folder-4']
const place = 'lib/volumes'

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: className, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
}

const volumeOf = (name: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    storageClassName: className,
    capacity: { storage: '10Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: join('/var', place, name) },
  },
})

const releasedVolumes = async (kubectl: Kubectl): Promise<readonly string[]> => {
  const path = 'jsonpath={.items[?(@.status.phase=="Released")].metadata.name}'
  const names = await kubectl.run('get', 'persistentvolumes', '-o', path)
  return names.split(' ').filter((name) => volumes.includes(name))
}

const makeStorage = async (kubectl: Kubectl, folder: ClusterFolder): Promise<void> => {
  for (const name of await releasedVolumes(kubectl)) {
    await kubectl.run('delete', 'persistentvolume', name)
    rmSync(folder.folder(join('var', place, name)), { recursive: true })
  }
  // Open to whoever a pod runs as: that is how kind makes them too, and a kubelet changes no owner there.
  for (const name of volumes) chmodSync(folder.folder(join('var', place, name)), 0o777)
  for (const object of [storageClass, ...volumes.map(volumeOf)])
    await applyObject(kubectl, folder.path, object)
}

export const loadDevStores = async (folder: ClusterFolder, report: Report): Promise<void> => {
  const { kubectl, buildah, importImages } = await openExtensibleCluster(folder, report)
  const files = await timed(report, 'images of the stores are here', () => makeStoreImages(buildah, report))
  await timed(report, 'they are in the cluster', () => importImages(files))
  await makeStorage(kubectl, folder)
}
