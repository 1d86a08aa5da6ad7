// How a suite that needs a release begins and ends. It is skipped where no cluster can be had.
import type { Context } from 'mocha'
import { canHaveCluster } from './borrowed-cluster.ts'
import { Release, step } from './release.ts'

/** The first time, everything that a cluster is made of is fetched and built. */
const preparedWithinMs = 2_400_000
const endedWithinMs = 120_000

interface InstallOptions {
  /** Further arguments of `helm`. */
  readonly values?: readonly string[]
  /** A Tenant for a crowd, Ready when this resolves. */
  readonly tenant?: string
}

/** For `before`: the chart is not installed yet. */
export const prepareRelease = async (hook: Context): Promise<Release> => {
  hook.timeout(preparedWithinMs)
  if (!canHaveCluster()) hook.skip()
  return Release.prepare()
}

/** For `before`: the chart is installed. What fails leaves nothing behind. */
export const installRelease = async (hook: Context, options: InstallOptions = {}): Promise<Release> => {
  const { values = [], tenant } = options
  const release = await prepareRelease(hook)
  try {
    await step('helm install --wait', () => release.install(values))
    if (tenant !== undefined) await release.applyCrowdsTenant(tenant)
    return release
  } catch (thrown) {
    await release.end()
    throw thrown
  }
}

/** For `after`, also of a suite that was skipped or did not come to have one. */
export const endRelease = async (hook: Context, release: Release | undefined): Promise<void> => {
  hook.timeout(endedWithinMs)
  await release?.end()
}
