// Two hundred people chat while the platform is upgraded, restarted and made smaller.
import assert from 'node:assert/strict'
import { waitUntil } from '../support/wait-until.ts'
import { canHaveCluster } from './borrowed-cluster.ts'
import { Crowd } from './crowd.ts'
import { Release, step } from './release.ts'
import { tellTally } from './tell-tally.ts'

const people = 200
const chatParts = 'app.kubernetes.io/component in (gateway, orchestrator)'

describe('Two hundred people who chat', function () {
  this.timeout(300_000)
  let release: Release
  let crowd: Crowd | undefined

  before(async function () {
    this.timeout(2_400_000)
    if (!canHaveCluster()) this.skip()
    release = await Release.prepare()
    await step('helm install --wait', () => release.install())
    await release.applyCrowdsTenant('busy')
  })
  beforeEach(async () => {
    crowd = await Crowd.come({ gateway: await release.gatewayUrl(), tenant: 'busy', people })
    crowd.talk()
  })
  afterEach(() => crowd?.leave())
  after(async function () {
    this.timeout(120_000)
    const ending = release as Release | undefined
    await ending?.kubectl.run('delete', 'tenant', 'busy', '--timeout=60s').catch(() => '')
    await ending?.end()
  })

  const rollOut = (...args: string[]): Promise<string> =>
    release.kubectl.run('-n', 'konstruct', 'rollout', ...args)

  const end = async (): Promise<void> => {
    const tally = await (crowd as Crowd).end()
    tellTally(tally)
    assert.ok(tally.messages >= people)
  }

  it('lose nothing while the release is upgraded', async () => {
    const changed = ['gateway', 'orchestrator', 'operator'].flatMap((part) => [
      '--set',
      `${part}.podAnnotations.release=next`,
    ])
    await step('helm upgrade --wait', () => release.install(changed))
    await end()
  })

  it('lose nothing while all pods are restarted', async () => {
    await step('rollout restart', async () => {
      for (const part of ['gateway', 'orchestrator']) await rollOut('restart', `deployment/konstruct-${part}`)
      for (const part of ['gateway', 'orchestrator'])
        await rollOut('status', `deployment/konstruct-${part}`, '--timeout=120s')
    })
    await end()
  })

  it('lose nothing while gateways go from 5 to 1 and orchestrators from 3 to 1', async () => {
    const scale = (part: string, replicas: number): Promise<string> =>
      release.kubectl.run(
        '-n',
        'konstruct',
        'scale',
        `deployment/konstruct-${part}`,
        `--replicas=${replicas}`,
      )
    const pods = async (): Promise<number> =>
      (await release.kubectl.run('-n', 'konstruct', 'get', 'pods', '-o', 'name', '-l', chatParts))
        .trim()
        .split('\n').length
    await step('up to 5 and 3', async () => {
      await scale('gateway', 5)
      await scale('orchestrator', 3)
      for (const part of ['gateway', 'orchestrator'])
        await rollOut('status', `deployment/konstruct-${part}`, '--timeout=120s')
    })
    await step('down to 1 and 1', async () => {
      await scale('gateway', 1)
      await scale('orchestrator', 1)
      await waitUntil(
        { until: 'two pods are left', deadlineMs: 120_000, everyMs: 500 },
        async () => (await pods()) === 2,
      )
    })
    await end()
  })
})
