// The cluster for a test that does not mind whether one is up: it is made when there is none, and ended again by whom
// it was made for, also when that is killed.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type ClusterFolder, openClusterFolder } from '../../dev/cluster/cluster-folder.ts'
import { type Kubectl, openKubectl } from '../../dev/cluster/kubectl.ts'
import { isUp } from '../../dev/cluster/up.ts'
import { findKubernetes } from '../../dev/parts/find-kubernetes.ts'
import { runCluster } from './cluster-command.ts'

export interface BorrowedCluster {
  readonly folder: ClusterFolder
  readonly kubectl: Kubectl
  giveBack(): Promise<void>
}

/** A cluster of one's own needs Linux, and to be root there with namespaces of its own. */
export const canHaveCluster = (): boolean =>
  process.platform === 'linux' && spawnSync('unshare', ['--net', '--mount', 'true']).status === 0

/** Ends the cluster when it is told to, or when this process is gone: then its standard input ends, too. */
const leashCluster = (): (() => Promise<void>) => {
  const down = [process.execPath, 'dev/cluster/main.ts', 'down']
  const leash = spawn('sh', ['-c', 'cat > /dev/null; exec "$@"', 'sh', ...down], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const ended = once(leash, 'exit')
  return async () => {
    leash.stdin.end()
    await ended
  }
}

export const borrowCluster = async (): Promise<BorrowedCluster> => {
  const folder = openClusterFolder()
  const isMade = !isUp(folder)
  const giveBack = isMade ? leashCluster() : async () => {}
  if (isMade) {
    const { code, output } = await runCluster('up')
    assert.equal(code, 0, output)
  }
  const silent = (): void => {}
  return {
    folder,
    kubectl: openKubectl((await findKubernetes(silent)).kubectl, folder.kubeconfig, silent),
    giveBack,
  }
}
