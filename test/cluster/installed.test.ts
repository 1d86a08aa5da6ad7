// What holds of a release that is just there: one installation for all of it.
import { canHaveCluster } from './borrowed-cluster.ts'
import { describeReach, placesApart } from './describe-reach.ts'
import { describeTenants } from './describe-tenants.ts'
import { Release, step } from './release.ts'

describe('An installed release', function () {
  let release: Release

  before(async function () {
    this.timeout(2_400_000)
    if (!canHaveCluster()) this.skip()
    release = await Release.prepare()
    await step('helm install --wait', () => release.install(placesApart))
  })
  after(async function () {
    this.timeout(120_000)
    await (release as Release | undefined)?.end()
  })

  describeReach(() => release)
  describeTenants(() => release)
})
