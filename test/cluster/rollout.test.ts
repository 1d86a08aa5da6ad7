// Two hundred people chat while the platform is upgraded, restarted and made smaller.
import assert from 'node:assert/strict'
import { clusterLoad } from '../../dev/cluster/load.ts'
import { waitUntil } from '../support/wait-until.ts'
import { endRelease, installRelease } from './begin-release.ts'
import { Crowd } from './crowd.ts'
import { Pods } from './pods.ts'
import { type Release, step } from './release.ts'
import { tellTally } from './tell-tally.ts'

const people = 200
/** Gateways of the tests take 3 s to send their people away; so many of them, at moments of chance, cover most of it. */
const leastSpreadMs = 2_000
const chatParts = ['gateway', 'orchestrator'] as const

describe('Two hundred people who chat', function () {
  this.timeout(300_000)
  let release: Release
  let pods: Pods
  let crowd: Crowd | undefined

  before(async function () {
    release = await installRelease(this, { tenant: 'busy' })
    pods = new Pods(release)
    const { folder } = release.cluster
    await step('image of the next version', () => clusterLoad(folder, { tag: 'next', report: () => {} }))
  })
  beforeEach(async () => {
    crowd = await Crowd.come({ gateway: await release.gatewayUrl(), tenant: 'busy', people })
    crowd.talk()
  })
  afterEach(() => crowd?.leave())
  after(async function () {
    await endRelease(this, release)
  })

  const end = async (): Promise<void> => {
    const tally = await (crowd as Crowd).end()
    tellTally(tally)
    assert.ok(tally.messages >= people)
    const { reconnects } = tally
    assert.ok(
      Math.max(...reconnects) - Math.min(...reconnects) > leastSpreadMs,
      'they come back spread over time',
    )
  }

  it('lose nothing while the release is upgraded to another image', async () => {
    await step('helm upgrade --wait', () => release.install(['--set', 'image.tag=next']))
    for (const part of chatParts) assert.match(await pods.image(part), /:next$/)
    await end()
  })

  it('lose nothing while all pods are restarted', async () => {
    await step('rollout restart', async () => {
      for (const part of chatParts) await pods.restart(part)
      for (const part of chatParts) await pods.untilReady(part)
    })
    await end()
  })

  it('lose nothing while gateways go from 5 to 1 and orchestrators from 3 to 1', async () => {
    const count = async (): Promise<number> =>
      (await Promise.all(chatParts.map((part) => pods.names(part)))).flat().length
    await step('up to 5 and 3', async () => {
      await pods.scale('gateway', 5)
      await pods.scale('orchestrator', 3)
      for (const part of chatParts) await pods.untilReady(part)
    })
    await step('down to 1 and 1', async () => {
      await pods.scale('gateway', 1)
      await pods.scale('orchestrator', 1)
      await waitUntil(
        { until: 'two pods are left', deadlineMs: 120_000, everyMs: 500 },
        async () => (await count()) === 2,
      )
    })
    await end()
  })
})
