import assert from 'node:assert/strict'
import type { Failures } from '../../../operator/tenant/apply.ts'
import { desire } from '../../../operator/tenant/desire.ts'
import { judge } from '../../../operator/tenant/judge.ts'
import type { Observed } from '../../../operator/tenant/observe.ts'
import type { Condition } from '../../../services/shared/domain/resources/tenant.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { aModel, webForUsers } from '../manifests.ts'
import { aCheckedAgent, aCheckedTenant, anObservation, aSecretReading, published } from './an-observation.ts'

const judged = (observed: Observed, failures: Failures = new Map()) =>
  judge({ observed, desired: desire(observed), failures })

const tenantOf = (observed: Observed, failures?: Failures) => judged(observed, failures).tenant?.status

const find = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type)

/** `True`, `False Reason` or `Unknown Reason`, and whether it is stalled or on its way. */
const sum = (conditions: readonly Condition[] | undefined): string => {
  const ready = find(conditions, 'Ready')
  const progress = ['Stalled', 'Reconciling'].filter((type) => find(conditions, type)?.status === 'True')
  return [ready?.status, ready?.reason, ...progress].join(' ')
}

const unavailable = new KonstructError('STORE_UNAVAILABLE')
const forUsers = aCheckedTenant({ channels: webForUsers })
const withKey = aCheckedTenant({
  models: [aModel('default', { apiKeySecretRef: { name: 'auth', key: 'k' } })],
})
const longAgo = (type: string, status: Condition['status']) => ({
  conditions: [{ type, status, lastTransitionTime: '2029-12-31T00:00:00Z', reason: 'X', message: 'x' }],
})

describe('The verdict on a tenant', () => {
  const verdicts: Readonly<Record<string, readonly [Partial<Observed>, string]>> = {
    'is Ready when everything holds': [{}, 'True Ready'],
    'is Ready when it is suspended, as it asked for': [
      { tenant: aCheckedTenant({ suspended: true }) },
      'True Suspended',
    ],
    'is Ready without the key of a model, which is called without it': [
      { tenant: withKey, secrets: aSecretReading(undefined) },
      'True Ready',
    ],
    'is Ready without a channel': [{ tenant: aCheckedTenant({ channels: {} }) }, 'True Ready'],
    'is Ready whatever is wrong with an agent that people do not meet first': [
      { agents: [aCheckedAgent(), aCheckedAgent('lost', { model: 'none' })] },
      'True Ready',
    ],
    'is stalled when the spec is not valid': [
      { tenant: aCheckedTenant({ models: [] }) },
      'False Invalid Stalled',
    ],
    'is stalled when the newest version was refused, even if an older one is served': [
      { tenant: aCheckedTenant({}, { refused: [{ path: 'spec.models', message: 'name one' }] }) },
      'False Invalid Stalled',
    ],
    'waits for a default agent that may be on its way': [
      { agents: [] },
      'False DefaultAgentNotFound Reconciling',
    ],
    'is stalled when the default agent has stayed away': [
      { agents: [], tenant: aCheckedTenant({}, { status: longAgo('ChannelsReady', 'False') }) },
      'False DefaultAgentNotFound Stalled',
    ],
    'is not Ready when the default agent has no model': [
      { agents: [aCheckedAgent('support', { model: 'none' })] },
      'False DefaultAgentNotReady Reconciling',
    ],
    'waits for the shared secret of its users’ tokens': [
      { tenant: forUsers, secrets: aSecretReading(undefined) },
      'False SecretNotFound Reconciling',
    ],
    'names the key that the Secret lacks': [
      { tenant: forUsers, secrets: aSecretReading({ other: 'x' }) },
      'False SecretKeyNotFound Reconciling',
    ],
    'refuses a shared secret that is too short for HS256': [
      { tenant: forUsers, secrets: aSecretReading({ secret: 'short' }) },
      'False SecretTooShort Reconciling',
    ],
    'does not know while a Secret cannot be read': [
      {
        tenant: forUsers,
        secrets: new Map([['auth', { ok: false, error: new KonstructError('KUBE_UNAVAILABLE') }]]),
      },
      'Unknown KubernetesUnavailable Reconciling',
    ],
    'does not know while PostgreSQL is away': [
      { published: { ok: false, error: unavailable } },
      'Unknown PostgresUnavailable Reconciling',
    ],
    'does not know before isolation was verified once': [
      { isolation: undefined },
      'Unknown NotVerified Reconciling',
    ],
    'is not Ready while isolation is broken': [
      { isolation: { status: 'False', reason: 'Broken', message: 'turns: open.' } },
      'False Broken Reconciling',
    ],
    'is not Ready while Kafka refuses to make the topics': [
      { missingTopics: 'konstruct.turns (Replication-factor is invalid)' },
      'False TopicsMissing Reconciling',
    ],
    'keeps to what was said of the topics while Kafka has told this operator nothing of them': [
      { missingTopics: undefined, tenant: aCheckedTenant({}, { status: longAgo('TopicsReady', 'False') }) },
      'False X Stalled',
    ],
    'is Ready again once Kafka has the topics': [
      { tenant: aCheckedTenant({}, { status: longAgo('TopicsReady', 'False') }) },
      'True Ready',
    ],
  }
  for (const [sentence, [change, expected]] of Object.entries(verdicts))
    it(sentence, () => assert.equal(sum(tenantOf(anObservation(change))?.conditions), expected))

  it('is stalled when the name belongs to another namespace, and says to which', () => {
    const { conditions } = tenantOf(published(anObservation(), { entry: { namespace: 'other' } })) ?? {}
    assert.equal(sum(conditions), 'False NameTaken Stalled')
    assert.match(find(conditions, 'Accepted')?.message ?? '', /namespace other\b.*Choose another name/)
  })

  it('tells a write that failed, and is still on its way', () => {
    const status = tenantOf(anObservation(), new Map([['publish', unavailable]]))
    assert.equal(sum(status?.conditions), 'Unknown PostgresUnavailable Reconciling')
  })

  it('tells what is missing though it can do without it', () => {
    const status = tenantOf(anObservation({ tenant: withKey, secrets: aSecretReading(undefined) }))
    const secrets = find(status?.conditions, 'SecretsResolved')
    assert.equal(secrets?.reason, 'OptionalSecretMissing')
    assert.match(secrets.message, /Create the Secret auth.*called without a key/)
  })

  it('counts the agents and names the open channels, none while suspended', () => {
    const { agents, channels } = tenantOf(anObservation()) ?? {}
    assert.deepEqual([agents, channels], [1, ['web']])
    assert.deepEqual(tenantOf(anObservation({ tenant: aCheckedTenant({ suspended: true }) }))?.channels, [])
  })

  it('never holds a secret', () => {
    const secrets = aSecretReading({ secret: 'top-secret' })
    assert.ok(!JSON.stringify(judged(anObservation({ tenant: forUsers, secrets }))).includes('top-secret'))
  })

  describe('over time', () => {
    const at = (time: string) => new Date(`2030-01-01T${time}Z`)
    const again = (observed: Observed, now: Date, more: Partial<Observed> = {}) => {
      const status = tenantOf(observed) ?? assert.fail('no status')
      return anObservation({ tenant: aCheckedTenant({}, { status, generation: 2 }), now, ...more })
    }

    it('moves the time of a condition when its status changes, and not when only its words do', () => {
      const first = anObservation({ now: at('00:00:01') })
      const verified = { status: 'True', reason: 'Repaired', message: 'Other words.' } as const
      const same = tenantOf(again(first, at('00:00:02'), { isolation: verified }))
      const isolation = find(same?.conditions, 'IsolationVerified')
      assert.deepEqual(
        [isolation?.lastTransitionTime, isolation?.reason],
        ['2030-01-01T00:00:01Z', 'Repaired'],
      )
      const other = tenantOf(again(first, at('00:00:03'), { agents: [] }))
      assert.equal(find(other?.conditions, 'ChannelsReady')?.lastTransitionTime, '2030-01-01T00:00:03Z')
      assert.equal(find(other?.conditions, 'Accepted')?.lastTransitionTime, '2030-01-01T00:00:01Z')
    })

    it('stays Ready when the operator starts again, on the word of the one before', () => {
      const status = tenantOf(again(anObservation(), at('00:00:02'), { isolation: undefined }))
      assert.equal(sum(status?.conditions), 'True Ready')
    })

    it('is about the generation that was judged', () => {
      const status = tenantOf(again(anObservation(), at('00:00:02')))
      assert.equal(status?.observedGeneration, 2)
      assert.ok(status.conditions?.every(({ observedGeneration }) => observedGeneration === 2))
    })
  })
})

describe('The verdict on an agent', () => {
  const agentOf = (observed: Observed, failures?: Failures) =>
    sum(judged(observed, failures).agents[0]?.status.conditions)

  const verdicts: Readonly<Record<string, readonly [Partial<Observed>, string]>> = {
    'is Ready when its tenant and its model exist': [{}, 'True Ready'],
    'waits for its tenant': [{ tenant: undefined }, 'False TenantNotFound Reconciling'],
    'waits for a tenant that is not accepted': [
      { tenant: aCheckedTenant({ models: [] }) },
      'False TenantNotAccepted Reconciling',
    ],
    'is not Ready when its tenant is being deleted': [
      { tenant: aCheckedTenant({}, { deletedAt: '2030-01-01T00:00:00Z' }) },
      'False TenantDeleting Reconciling',
    ],
    'waits for its model': [
      { agents: [aCheckedAgent('support', { model: 'none' })] },
      'False ModelNotFound Reconciling',
    ],
    'is stalled when its model has stayed away': [
      { agents: [aCheckedAgent('support', { model: 'none' }, { status: longAgo('Accepted', 'False') })] },
      'False ModelNotFound Stalled',
    ],
    'is stalled when it is not valid': [
      { agents: [aCheckedAgent('support', { instructions: '' })] },
      'False Invalid Stalled',
    ],
    'does not know while PostgreSQL is away': [
      { published: { ok: false, error: unavailable } },
      'Unknown PostgresUnavailable Reconciling',
    ],
  }
  for (const [sentence, [change, expected]] of Object.entries(verdicts))
    it(sentence, () => assert.equal(agentOf(anObservation(change)), expected))

  it('says which models there are', () => {
    const tenant = aCheckedTenant({ models: [aModel('fast'), aModel('good')] })
    const verdict = judged(anObservation({ tenant }))
    const accepted = find(verdict.agents[0]?.status.conditions, 'Accepted')
    assert.match(accepted?.message ?? '', /no model default: choose one of fast, good/)
  })
})
