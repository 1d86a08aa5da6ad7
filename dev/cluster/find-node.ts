// The node of the cluster that is up, with the programs to work on it.
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import type { Report } from '../parts/part.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { type DebianPrograms, fetchDebianPrograms } from './fetch-programs.ts'
import { findNodeSpace, type NodeSpace } from './node-space.ts'

interface FoundNode {
  readonly debian: DebianPrograms
  readonly space: NodeSpace
}

/** @throws KonstructError `PART_UNAVAILABLE` when no cluster is up. */
export const findNode = async (folder: ClusterFolder, report: Report): Promise<FoundNode> => {
  const debian = await fetchDebianPrograms(report)
  const space = findNodeSpace(folder, debian.environment)
  if (space !== undefined) return { debian, space }
  throw new KonstructError('PART_UNAVAILABLE', { message: 'There is no cluster yet: npm run cluster -- up' })
}
