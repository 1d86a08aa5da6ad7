// Ends the process of a pod's container as a crash would: from the node's side, since a container's first process takes
// no SIGKILL from within. The pod stays, and the kubelet starts the container again in it.
import type { ClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { findNode } from '../../dev/cluster/find-node.ts'
import type { Kubectl } from '../../dev/cluster/kubectl.ts'
import { containerdSocket } from '../../dev/cluster/node-programs.ts'
import { runInside } from '../../dev/cluster/node-space.ts'

interface Container {
  readonly folder: ClusterFolder
  readonly kubectl: Kubectl
  readonly namespace: string
  /** It has one container. */
  readonly pod: string
}

const silent = (): void => {}

export const killContainer = async ({ folder, kubectl, namespace, pod }: Container): Promise<void> => {
  const { space } = await findNode(folder, silent)
  const path = 'jsonpath={.status.containerStatuses[0].containerID}'
  const id = (await kubectl.run('-n', namespace, 'get', 'pod', pod, '-o', path)).replace('containerd://', '')
  const ctr = ['ctr', `--address=${containerdSocket}`, '--namespace=k8s.io']
  const command = [...ctr, 'tasks', 'kill', '--signal=SIGKILL', id]
  await runInside(space, { doing: `killing the process of ${pod}`, command, report: silent })
}
