// What there is of the cluster: its programs, its nodes, its pods.
import { findKubernetes } from '../parts/find-kubernetes.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { fetchDebianPrograms } from './fetch-programs.ts'
import { findNodeSpace, runInside } from './node-space.ts'

const ask = (kubectl: string, kubeconfig: string, report: Report): Promise<string> =>
  runCommand({
    doing: 'asking the cluster',
    command: kubectl,
    args: ['--request-timeout=10s', 'get', 'nodes,pods', '--all-namespaces', '--output=wide'],
    env: { KUBECONFIG: kubeconfig },
    report,
  })

/** Of a cluster that KUBECONFIG names. */
export const givenStatus = ask

const programNames = 'etcd kube-apiserver kube-controller kube-scheduler containerd kubelet kube-proxy'.split(
  ' ',
)

/** The kernel keeps 15 characters of a program's name. */
const runningPrograms = (names: string): string =>
  programNames
    .map(
      (name) =>
        `${name.padEnd(20)} ${names.split('\n').some((one) => one.startsWith(name)) ? 'runs' : 'is gone'}`,
    )
    .join('\n')

/** @returns lines for a person; nothing when there is no cluster. */
export const clusterStatus = async (folder: ClusterFolder, report: Report): Promise<string | undefined> => {
  const { environment } = await fetchDebianPrograms(report)
  const space = findNodeSpace(folder, environment)
  if (space === undefined) return undefined
  const command = ['sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null']
  const names = await runInside(space, { doing: 'listing programs', command, report })
  const objects = await ask((await findKubernetes(report)).kubectl, folder.kubeconfig, report)
  return `${runningPrograms(names)}\n\n${objects}`
}
