// What holds of a release that is just there: one installation for all of it.
import { endRelease, installRelease } from './begin-release.ts'
import { describeReach, placesApart } from './describe-reach.ts'
import { describeTenants } from './describe-tenants.ts'
import type { Release } from './release.ts'

describe('An installed release', function () {
  let release: Release

  before(async function () {
    release = await installRelease(this, { values: placesApart })
  })
  after(async function () {
    await endRelease(this, release)
  })

  describeReach(() => release)
  describeTenants(() => release)
})
