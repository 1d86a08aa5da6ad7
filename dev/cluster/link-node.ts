// Joins the host and the node by a pair of virtual interfaces. The host's end, its address and its route vanish with
// the node's end, which vanishes with the node.
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import {
  clusterRange,
  hostAddress,
  hostInterface,
  linkPrefix,
  nodeAddress,
  nodeInterface,
} from './addresses.ts'
import { type NodeSpace, runInside } from './node-space.ts'

const words = (line: string): readonly string[] => line.split(' ')

const onHost = (space: NodeSpace): readonly string[] => [
  `link add ${hostInterface} type veth peer name ${nodeInterface} netns ${space.anchor.pid}`,
  `address add ${hostAddress}/${linkPrefix} dev ${hostInterface}`,
  `link set ${hostInterface} up`,
  `route add ${clusterRange} via ${nodeAddress}`,
]

const onNode = [
  'link set lo up',
  `address add ${nodeAddress}/${linkPrefix} dev ${nodeInterface}`,
  `link set ${nodeInterface} up`,
  `route add default via ${hostAddress}`,
]

/** Makes the pair, and lets the node forward packets of its pods. */
export const linkNode = async (space: NodeSpace, report: Report): Promise<void> => {
  const doing = 'linking the node to the host'
  const env = space.environment
  const [addPair = '', ...further] = onHost(space)
  await runCommand({ doing, command: 'ip', args: words(addPair), env, report })
  for (const line of onNode) await runInside(space, { doing, command: ['ip', ...words(line)], report })
  for (const line of further) await runCommand({ doing, command: 'ip', args: words(line), env, report })
  const forward = ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']
  await runInside(space, { doing, command: forward, report })
}
