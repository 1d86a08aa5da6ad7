// Fifty people chat while pods, processes and the operator that leads are killed, and while stores are away.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Person } from '../e2e/person.ts'
import { waitUntil } from '../support/wait-until.ts'
import { endRelease, installRelease } from './begin-release.ts'
import { comeAlone, Crowd, type Tally } from './crowd.ts'
import { cutOffPorts } from './cut-off-ports.ts'
import { parts, Pods } from './pods.ts'
import { type Release, step, tell } from './release.ts'
import { tellTally } from './tell-tally.ts'

const people = 50
const tenant = 'steady'
const awayMs = 30_000
const recoveredWithinMs = 10_000
/** A publish is given up after 10 s, a statement on a connection that died silently after 12 s. */
const toldWithinMs = 20_000
/** A lease holds for 15 s after it was renewed, and a standby looks every 2 s. */
const leadsWithinMs = 20_000

describe('Fifty people who chat', function () {
  this.timeout(180_000)
  let release: Release
  let pods: Pods
  let crowd: Crowd
  /** Says nothing on their own. */
  let asker: Person

  before(async function () {
    release = await installRelease(this, { tenant })
    pods = new Pods(release)
  })
  beforeEach(async () => {
    const place = { gateway: await release.gatewayUrl(), tenant }
    asker = await comeAlone(place)
    crowd = await Crowd.come({ ...place, people })
    crowd.talk()
  })
  afterEach(async () => {
    await (asker as Person | undefined)?.leave()
    await (crowd as Crowd | undefined)?.leave()
  })
  after(async function () {
    await endRelease(this, release)
  })

  const end = async (): Promise<Tally> => {
    const tally = await crowd.end()
    tellTally(tally)
    assert.ok(tally.messages >= people)
    assert.ok(tally.longestSilenceMs < toldWithinMs, 'whoever says something is told what becomes of it')
    return tally
  }
  const endAfterLosingSockets = async (): Promise<void> => {
    assert.ok((await end()).closeCodes.length > 0, 'people were connected to what was killed')
  }

  it('lose nothing while a pod of each part is killed without grace', async () => {
    for (const part of parts)
      await step(`${part}: its pod is killed, and another is ready`, async () => {
        await pods.delete(await pods.oldest(part))
        await pods.untilReady(part)
      })
    await endAfterLosingSockets()
  })

  it('lose nothing while the process in a pod of each part is killed', async () => {
    for (const part of parts) {
      const pod = await pods.oldest(part)
      await step(`${part}: its process is killed, and runs again in the same pod`, async () => {
        const restarts = async (): Promise<number> => (await pods.restarts()).get(pod) ?? 0
        const before = await restarts()
        await pods.killProcess(pod)
        const until = `${pod} was started again`
        await waitUntil(
          { until, deadlineMs: 30_000, everyMs: 200 },
          async () => (await restarts()) === before + 1,
        )
        await pods.kubectl('wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=60s')
      })
    }
    await endAfterLosingSockets()
  })

  it('are served by another operator when the one that leads is killed', async () => {
    const holder = (): Promise<string> =>
      pods.kubectl('get', 'lease', 'konstruct-operator', '-o', 'jsonpath={.spec.holderIdentity}')
    const first = await holder()
    const leader = (await pods.names('operator')).find((name) => first.startsWith(name)) ?? ''
    await step('another operator leads', async () => {
      // So it has no time to give the lease back.
      await pods.killProcess(leader)
      await pods.delete(leader)
      await waitUntil(
        { until: 'another operator leads', deadlineMs: leadsWithinMs, everyMs: 200 },
        async () => !['', first].includes(await holder()),
      )
    })
    await step('an edited Agent is followed', async () => {
      const patch = '{"spec":{"displayName":"Eve"}}'
      await release.kubectl.run('patch', 'agent', 'support', '--type=merge', '-p', patch)
      await waitUntil(
        { until: 'people see its new name', deadlineMs: recoveredWithinMs, everyMs: 100 },
        async () => (await (await asker.get('agents')).text()).includes('"Eve"'),
      )
    })
    await pods.untilReady('operator')
    await end()
  })

  const assertStaysUp = async (before: ReadonlyMap<string, number>): Promise<void> => {
    assert.deepEqual(await pods.restarts(), before, 'no pod was replaced and no process restarted')
    assert.ok(await pods.areReady('gateway'), 'gateways stay ready, and tell people what is the matter')
  }

  const stayAway = async (leave: () => Promise<() => Promise<void>>): Promise<void> => {
    const before = await pods.restarts()
    const comeBack = await leave()
    try {
      await sleep(awayMs)
      await assertStaysUp(before)
    } finally {
      await comeBack()
    }
  }

  /** The whole story of stores that go away and come back. */
  const liveThrough = async (leave: () => Promise<() => Promise<void>>): Promise<void> => {
    const before = await pods.restarts()
    await stayAway(leave)
    const backAt = performance.now()
    const since = (): number => Math.round(performance.now() - backAt)
    await asker.answered(asker.say('Are you there?'))
    const answeredAfter = since()
    await crowd.catchUp()
    tell(`back: a new question was answered after ${answeredAfter} ms, all that waited after ${since()} ms`)
    await end()
    await assertStaysUp(before)
    tell(`restarts before and after: ${[...before.values()].join()}`)
    assert.ok(answeredAfter < recoveredWithinMs)
  }

  for (const store of ['postgres', 'redis', 'kafka'] as const)
    it(`lose nothing while ${store} is killed and gone for 30 s, and are answered within 10 s of its return`, () =>
      liveThrough(async () => {
        await release.stores[store].kill()
        return () => release.stores[store].comeBack()
      }))

  it('lose nothing while all stores are out of reach for 30 s, and are answered within 10 s of their return', () =>
    liveThrough(() => {
      const { postgres, redis, kafka } = release.stores
      return cutOffPorts(release.cluster.folder, [postgres.port, redis.port, kafka.port])
    }))
})
