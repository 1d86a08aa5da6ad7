// Gives the node an image from a file; the kubelet finds it under its name and asks no registry.
import type { Report } from '../parts/part.ts'
import { containerdSocket } from './node-programs.ts'
import { type NodeSpace, runInside } from './node-space.ts'

/** What the kubelet sees is in this namespace of containerd. */
const ctr = ['ctr', `--address=${containerdSocket}`, '--namespace=k8s.io']

export const importImage = async (space: NodeSpace, file: string, report: Report): Promise<void> => {
  await runInside(space, { doing: 'importing an image', command: [...ctr, 'images', 'import', file], report })
}
