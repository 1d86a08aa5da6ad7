// A release of an earlier commit, with data in it, becomes one of this tree while people chat; then the way back is
// tried, where it is open and where a migration closes it. The tests build on each other.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { clusterLoad } from '../../dev/cluster/load.ts'
import type { Message } from '../../services/shared/domain/message.ts'
import type { Person } from '../e2e/person.ts'
import { endRelease } from './begin-release.ts'
import { canHaveCluster } from './borrowed-cluster.ts'
import { comeAlone, Crowd } from './crowd.ts'
import { hasCommit, unpackTree } from './earlier-tree.ts'
import { Release, step, tell } from './release.ts'
import { tellTally } from './tell-tally.ts'

/** The first with a whole chart. */
const earlierCommit = '604a4ea'
const tenant = 'settled'
const people = 20

interface Revision {
  readonly revision: number
  readonly status: string
}

describe('A release of an earlier commit', function () {
  this.timeout(240_000)
  this.bail(true)
  let tree: string | undefined
  let release: Release
  let crowd: Crowd | undefined
  let witness: Person
  /** What the witness said and was told before anything changed. */
  let past: { readonly conversation: string; readonly messages: readonly Message[] }

  before(async function () {
    this.timeout(2_400_000)
    if (!canHaveCluster()) this.skip()
    if (!hasCommit(earlierCommit)) {
      tell(`This repository does not have commit ${earlierCommit}: git fetch --unshallow`)
      this.skip()
    }
    tree = unpackTree(earlierCommit)
    const sources = { tree, tag: 'earlier', report: () => {} }
    release = await Release.prepare()
    await step('image of the earlier commit', () => clusterLoad(release.cluster.folder, sources))
  })
  after(async function () {
    await crowd?.leave()
    await (witness as Person | undefined)?.leave()
    await endRelease(this, release)
    if (tree !== undefined) rmSync(tree, { recursive: true })
  })

  const kubectl = (...args: string[]): Promise<string> => release.kubectl.run(...args)

  /** Generation, Ready, and since when it is. */
  const tenantState = (): Promise<string> => {
    const ready = '.status.conditions[?(@.type=="Ready")]'
    const path = `jsonpath={.metadata.generation} {${ready}.status} {${ready}.lastTransitionTime}`
    return kubectl('get', 'tenant', tenant, '-o', path)
  }

  const isUpToDate = (): Promise<boolean> =>
    kubectl('diff', '--server-side', '--force-conflicts', '-f', 'crds').then(
      () => true,
      (thrown: Error) => {
        // The exit code 1 says that something differs, every other one that it could not be told.
        if (!thrown.message.includes('failed (1)')) throw thrown
        return false
      },
    )

  /** What is in the cluster of the Deployments: changes with whatever is applied. */
  const deployments = (): Promise<string> => {
    const path = 'jsonpath={range .items[*]}{.metadata.name} {.metadata.generation}{"\\n"}{end}'
    return kubectl('-n', 'konstruct', 'get', 'deployments', '-o', path)
  }

  const history = async (): Promise<readonly Revision[]> =>
    JSON.parse(await release.helm('history', 'konstruct', '-o', 'json')) as readonly Revision[]
  const served = async (): Promise<number> =>
    (await history()).find(({ status }) => status === 'deployed')?.revision ?? 0

  /** Nothing that a crowd says during the work is lost, and what was said before it is still there. */
  const whileChatting = async (work: () => Promise<void>): Promise<void> => {
    crowd = await Crowd.come({ gateway: await release.gatewayUrl(), tenant, people })
    crowd.talk()
    await work()
    const tally = await crowd.end()
    tellTally(tally)
    assert.ok(tally.messages >= people)
    assert.deepEqual(await witness.history(past.conversation), past.messages)
  }

  it('is installed, and people chat', async () => {
    const chart = join(tree ?? '', 'charts/konstruct')
    await step('helm install --wait', () => release.install(['--set', 'image.tag=earlier'], chart))
    await release.applyCrowdsTenant(tenant)
    witness = await comeAlone({ gateway: await release.gatewayUrl(), tenant })
    const first = witness.say('Remember this')
    await witness.answered(first)
    const { conversation } = first.frame
    await witness.answered(witness.say('And this', conversation))
    past = { conversation, messages: await witness.history(conversation) }
    assert.equal(past.messages.length, 4)
  })

  it('is upgraded while people chat: nothing is lost, its Tenant stays Ready, its resources are the new ones', async () => {
    const before = await tenantState()
    assert.match(before, /^1 True /)
    assert.equal(await isUpToDate(), false)
    await whileChatting(() => step('helm upgrade --wait', () => release.install()))
    assert.equal(await tenantState(), before)
    assert.equal(await isUpToDate(), true)
  })

  it('refuses the way back over a migration with a sentence, and goes on serving', async () => {
    const before = await deployments()
    await whileChatting(() =>
      step('helm rollback is refused', () =>
        assert.rejects(
          release.helm('rollback', 'konstruct', '1', '--wait', '--timeout=3m'),
          /The database has migration \S+, which this version does not know\. Run a newer version\./,
        ),
      ),
    )
    assert.equal(await deployments(), before)
    tell((await history()).map(({ revision, status }) => `${revision} ${status}`).join(', '))
    assert.equal(await served(), 2)
  })

  it('goes on from there by a rollback to the revision that serves', async () => {
    const before = await deployments()
    await assert.rejects(release.install(), /another operation .* is in progress/)
    await step('helm rollback to itself', () => release.helm('rollback', 'konstruct', '2', '--wait'))
    assert.equal(await deployments(), before)
    assert.equal(await served(), 4)
  })

  it('goes back to the revision before where no migration forbids it', async () => {
    const changed = ['gateway', 'orchestrator'].flatMap((part) => [
      '--set',
      `${part}.podAnnotations.release=next`,
    ])
    await step('helm upgrade --wait', () => release.install(changed))
    await whileChatting(async () => {
      await step('helm rollback --wait', () => release.helm('rollback', 'konstruct', '4', '--wait'))
    })
    const path = 'jsonpath={.spec.template.metadata.annotations.release}'
    assert.equal(await kubectl('-n', 'konstruct', 'get', 'deployment', 'konstruct-gateway', '-o', path), '')
    assert.equal(await served(), 6)
  })
})
