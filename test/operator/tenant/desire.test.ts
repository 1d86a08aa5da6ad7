import assert from 'node:assert/strict'
import { desire } from '../../../operator/tenant/desire.ts'
import type { Observed } from '../../../operator/tenant/observe.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { aModel, aTenant, webForUsers } from '../manifests.ts'
import {
  aCheckedAgent,
  aCheckedTenant,
  anObject,
  anObservation,
  aSecretReading,
  published,
  publicationOf,
} from './an-observation.ts'

const aRival = (createdAt: string, deletedAt?: string) =>
  anObject<'Tenant'>(aTenant('acme', { namespace: 'rival' }), { createdAt, deletedAt })

const earlier = '2029-01-01T00:00:00Z'
const later = '2031-01-01T00:00:00Z'

describe('What should be published', () => {
  it('is the tenant with its defaults, its agents and its state', () => {
    const { publication, takenBy } = desire(anObservation())
    assert.equal(takenBy, undefined)
    assert.equal(publication?.state, 'active')
    assert.equal(publication.spec.limits.maxConcurrentTurns, 8)
    assert.equal(publication.web?.defaultAgent, 'support')
    assert.deepEqual(
      publication.agents.map(({ name }) => name),
      ['support'],
    )
  })

  it('is suspended when the spec says so', () => {
    const { publication } = desire(anObservation({ tenant: aCheckedTenant({ suspended: true }) }))
    assert.equal(publication?.state, 'suspended')
  })

  const nothing: Readonly<Record<string, Partial<Observed>>> = {
    'there is no Tenant': { tenant: undefined },
    'the Tenant is not valid': { tenant: aCheckedTenant({ models: [] }) },
    'an older Tenant of another namespace has the name': { rivals: [aRival(earlier)] },
  }
  for (const [reason, change] of Object.entries(nothing))
    it(`is nothing when ${reason}`, () => {
      assert.equal(desire(anObservation(change)).publication, null)
    })

  it('is nothing when the name was published, or retained, for another namespace', () => {
    for (const state of ['active', 'retained'] as const) {
      const observed = published(anObservation(), { entry: { namespace: 'other', state } })
      assert.deepEqual(desire(observed), { takenBy: 'other', publication: null })
    }
  })

  const ours: Readonly<Record<string, Observed>> = {
    'a younger Tenant wants the name': anObservation({ rivals: [aRival(later)] }),
    'an older Tenant that wanted the name is being deleted': anObservation({
      rivals: [aRival(earlier, later)],
    }),
    'PostgreSQL is away, which alone knows whose it is': anObservation({
      rivals: [aRival(earlier)],
      published: { ok: false, error: new KonstructError('STORE_UNAVAILABLE') },
    }),
    'the name was published for us, whoever is older': published(anObservation({ rivals: [aRival(later)] })),
  }
  for (const [reason, observed] of Object.entries(ours))
    it(`is ours when ${reason}`, () => {
      assert.notEqual(desire(observed).publication, null)
    })

  it('leaves out an agent whose model the tenant does not have, and no other', () => {
    const agents = [aCheckedAgent('lost', { model: 'none' }), aCheckedAgent()]
    assert.deepEqual(
      desire(anObservation({ agents })).publication?.agents.map(({ name }) => name),
      ['support'],
    )
  })

  it('keeps an agent that has become invalid as it was published', () => {
    const before = anObservation({ agents: [aCheckedAgent('support', { greeting: 'Hello' })] })
    const agents = [
      aCheckedAgent('support', { instructions: '' }),
      aCheckedAgent('new', { instructions: '' }),
    ]
    const observed = { ...before, agents, published: { ok: true, value: publicationOf(before) } as const }
    const desired = desire(observed).publication?.agents
    assert.deepEqual(
      desired?.map(({ name, spec }) => [name, spec.greeting]),
      [['support', 'Hello']],
    )
  })

  describe('of secrets', () => {
    const withSecret = (secrets: Observed['secrets']) =>
      desire(anObservation({ tenant: aCheckedTenant({ channels: webForUsers }), secrets })).publication

    it('is the value of the key that the spec names', () => {
      const secret = 'v'.repeat(32)
      const secrets = withSecret(aSecretReading({ secret, other: 'x' }))?.secrets
      assert.deepEqual(
        [...(secrets ?? [])].map(([name, value]) => [name, value.reveal()]),
        [['channels/web/jwt', secret]],
      )
    })

    it('is nothing when the Secret, its key or its value is missing', () => {
      for (const entries of [undefined, { other: 'x' }, { secret: '' }])
        assert.equal(withSecret(aSecretReading(entries))?.secrets.size, 0)
    })

    it('is nothing when tokens could be signed with it by whoever tries for long enough', () => {
      assert.equal(withSecret(aSecretReading({ secret: 's'.repeat(31) }))?.secrets.size, 0)
    })

    it('is whatever is published when the Secret cannot be read now', () => {
      const error = new KonstructError('KUBE_UNAVAILABLE')
      const desired = withSecret(new Map([['auth', { ok: false, error }]]))
      assert.deepEqual([...(desired?.unreadSecrets ?? [])], ['channels/web/jwt'])
    })

    it('is a model’s key by the name of the model', () => {
      const models = [aModel('fast', { apiKeySecretRef: { name: 'auth', key: 'secret' } })]
      const tenant = aCheckedTenant({ models })
      const desired = desire(anObservation({ tenant, secrets: aSecretReading({ secret: 'k' }) })).publication
      assert.deepEqual([...(desired?.secrets.keys() ?? [])], ['models/fast/api-key'])
    })
  })
})
