// Ends a cluster, whole or half made, and whatever a killed `up` left behind. Safe to repeat.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { hostInterface } from './addresses.ts'
import { type ClusterFolder, removeClusterFolder } from './cluster-folder.ts'
import { removeControlGroups } from './control-groups.ts'
import { killAndWait, readIdentity } from './process-identity.ts'

/** Its processes are gone as soon as the kernel has ended them all, which may take a moment after the anchor. */
const emptyWithinMs = 20_000

const removeGroupsWhenEmpty = async (): Promise<void> => {
  const deadline = performance.now() + emptyWithinMs
  for (;;) {
    try {
      return removeControlGroups()
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown
      await sleep(50)
    }
  }
}

/** The kernel takes network namespaces apart when it has time for it; the next cluster needs the name. */
const awaitLinkGone = async (): Promise<void> => {
  const deadline = performance.now() + emptyWithinMs
  while (existsSync(`/sys/class/net/${hostInterface}`)) {
    if (performance.now() > deadline) throw new Error(`The interface ${hostInterface} does not go.`)
    await sleep(20)
  }
}

/** @returns false when there was nothing to end. */
export const clusterDown = async (folder: ClusterFolder): Promise<boolean> => {
  const anchor = readIdentity(folder.anchor)
  if (anchor !== undefined) await killAndWait(anchor, emptyWithinMs)
  await removeGroupsWhenEmpty()
  await awaitLinkGone()
  removeClusterFolder(folder)
  return anchor !== undefined
}
