// The operator needs every right that the chart gives it, and no other: with all of them it is never refused anything,
// and without any single one something that people rely on does not happen, until the right is given back.
//
// That something does not happen is not proven by waiting: the API server has refused the operator what it asked for,
// after it was time for it to happen.
import assert from 'node:assert/strict'
import { applyCrds } from '../crds/apply-crds.ts'
import { waitUntil } from '../support/wait-until.ts'
import {
  type OperatorWithRights,
  OperatorsWithRights,
  type Right,
  rightsInChart,
} from './operator-with-rights.ts'

interface Scene {
  /** As in `tenants.konstruct.dev list`. */
  readonly right: string
  readonly without: string
  /** Done once the Tenant is Ready; left out: that it is there is enough. */
  readonly occasion?: (world: OperatorWithRights) => Promise<void>
  readonly happens: (world: OperatorWithRights) => Promise<boolean>
}

const method: Readonly<Record<string, string>> = {
  list: 'GET',
  watch: 'GET',
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
}

const scenes: readonly Scene[] = [
  {
    right: 'tenants.konstruct.dev list',
    without: 'does not see any Tenant',
    happens: async (world) => (await world.condition('Ready')) !== undefined,
  },
  {
    right: 'tenants.konstruct.dev watch',
    without: 'does not see that a Tenant was edited',
    occasion: (world) => world.edit('Tenant', `Acme ${performance.now()}`),
    happens: async (world) => {
      const tenant = await world.tenant()
      return tenant?.status?.observedGeneration === tenant?.metadata.generation
    },
  },
  {
    right: 'tenants.konstruct.dev patch',
    without: 'publishes no Tenant, because it could not hold back its deletion',
    happens: async (world) => {
      const published = await world.condition('Published')
      return published?.status === 'True' && (await world.tenant())?.metadata.finalizers?.length === 1
    },
  },
  {
    right: 'tenants.konstruct.dev/status patch',
    without: 'does not tell what has become of a Tenant',
    happens: async (world) => (await world.condition('Ready')) !== undefined,
  },
  {
    right: 'agents.konstruct.dev/status patch',
    without: 'does not tell what has become of an Agent',
    happens: async (world) => (await world.agent())?.status?.conditions !== undefined,
  },
  {
    right: 'agents.konstruct.dev list',
    without: 'judges no Tenant, because its Agents are not known',
    happens: async (world) => (await world.condition('Ready'))?.status === 'True',
  },
  {
    right: 'agents.konstruct.dev watch',
    without: 'does not see that an Agent was edited',
    occasion: (world) => world.edit('Agent', `Ava ${performance.now()}`),
    happens: async (world) => {
      const agent = await world.agent()
      return agent?.status?.observedGeneration === agent?.metadata.generation
    },
  },
  {
    right: 'secrets get',
    without: 'does not find the key of a model',
    happens: async (world) => (await world.condition('SecretsResolved'))?.reason === 'Resolved',
  },
  {
    right: 'events.events.k8s.io create',
    without: 'tells no event',
    occasion: (world) => world.replaceAgent(),
    happens: async (world) => (await world.events()).length > 0,
  },
  {
    right: 'events.events.k8s.io patch',
    without: 'does not count what happens again',
    occasion: (world) => world.replaceAgent(),
    happens: async (world) => (await world.events()).some(({ series }) => (series?.count ?? 1) > 1),
  },
  {
    right: 'leases.coordination.k8s.io get',
    without: 'does not learn that nobody leads, and so never does',
    happens: async (world) => (await world.lease()) !== undefined,
  },
  {
    right: 'leases.coordination.k8s.io create',
    without: 'does not take the lead the first time',
    happens: async (world) => (await world.lease()) !== undefined,
  },
  {
    right: 'leases.coordination.k8s.io update',
    without: 'does not go on leading',
    happens: async (world) => {
      const lease = await world.lease()
      return lease !== undefined && lease.spec.renewTime !== lease.spec.acquireTime
    },
  },
]

const patience = { deadlineMs: 30_000, everyMs: 100 }

/** One right is away: it is refused, and what needs it does not happen; with it, that happens. */
const play = async (operators: OperatorsWithRights, rights: readonly Right[], scene: Scene) => {
  const world = await operators.start(rights.filter(({ name }) => name !== scene.right))
  const verb = method[scene.right.split(' ')[1] ?? ''] ?? ''
  const refusals = async (): Promise<number> => (await world.refusals())[verb] ?? 0
  if (scene.occasion !== undefined) await world.untilReady('True')
  const before = await refusals()
  await scene.occasion?.(world)
  await waitUntil({ until: `${scene.right} is refused`, ...patience }, async () => {
    const count = await refusals()
    return count > before
  })
  assert.equal(await scene.happens(world), false)
  assert.deepEqual(Object.keys(await world.refusals()), [verb], 'nothing else is refused')
  await world.give(rights)
  await scene.occasion?.(world)
  await waitUntil({ until: 'it happens with the right', ...patience }, () => scene.happens(world))
}

describe('An operator with the rights of a service account', function () {
  this.timeout(90_000)
  let operators: OperatorsWithRights
  let rights: readonly Right[]
  /** All at once, since each waits most of the time. */
  const plays = new Map<Scene, Promise<void>>()

  before(async function () {
    this.timeout(600_000)
    rights = await rightsInChart()
    operators = await OperatorsWithRights.open()
    await applyCrds()
    for (const scene of scenes) {
      const played = play(operators, rights, scene)
      played.catch(() => {}) // told by its own test
      plays.set(scene, played)
    }
  })
  after(async function () {
    this.timeout(60_000)
    await Promise.allSettled(plays.values())
    await operators.close()
  })

  it('has no right in the chart whose need is not shown here', () => {
    const shown = scenes.map(({ right }) => right)
    assert.deepEqual(rights.map(({ name }) => name).toSorted(), shown.toSorted())
  })

  for (const scene of scenes)
    it(`${scene.without} without \`${scene.right}\``, async () => {
      await plays.get(scene)
    })

  it('does all of it with all of them, lets the Tenant go, and is never refused anything', async () => {
    const world = await operators.start(rights)
    await world.untilReady('True')
    for (const { right, occasion, happens } of scenes) {
      await occasion?.(world)
      await waitUntil({ until: `it happens: ${right}`, ...patience }, () => happens(world))
    }
    await world.deleteTenant()
    await waitUntil({ until: 'the Tenant is gone', ...patience }, async () => {
      const tenant = await world.tenant()
      return tenant === undefined
    })
    assert.deepEqual(await world.refusals(), {})
  })
})
