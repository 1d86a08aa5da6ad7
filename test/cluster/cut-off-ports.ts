// Cuts ports of the host off from the node: packets vanish both ways and nobody is told, as when a cable is pulled.
import { hostAddress } from '../../dev/cluster/addresses.ts'
import type { ClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { findNode } from '../../dev/cluster/find-node.ts'
import { runInside } from '../../dev/cluster/node-space.ts'

const silent = (): void => {}

const rulesFor = (port: number): readonly (readonly string[])[] => [
  ['-p', 'tcp', '-d', hostAddress, '--dport', `${port}`, '-j', 'DROP'],
  ['-p', 'tcp', '-s', hostAddress, '--sport', `${port}`, '-j', 'DROP'],
]

/** @returns what lets packets through again */
export const cutOffPorts = async (
  folder: ClusterFolder,
  ports: readonly number[],
): Promise<() => Promise<void>> => {
  const { space } = await findNode(folder, silent)
  const change = async (action: '-I' | '-D'): Promise<void> => {
    for (const rule of ports.flatMap(rulesFor)) {
      const command = ['iptables', '--wait=10', '-t', 'mangle', action, 'PREROUTING', ...rule]
      await runInside(space, { doing: 'changing what reaches the host', command, report: silent })
    }
  }
  await change('-I')
  return () => change('-D')
}
