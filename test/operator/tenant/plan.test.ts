import assert from 'node:assert/strict'
import { desire } from '../../../operator/tenant/desire.ts'
import type { Observed } from '../../../operator/tenant/observe.ts'
import { plan } from '../../../operator/tenant/plan.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { webForUsers } from '../manifests.ts'
import {
  aCheckedAgent,
  aCheckedTenant,
  anObservation,
  aSecretReading,
  keyring,
  oldKeyring,
  publicationOf,
  published,
} from './an-observation.ts'

const planFor = (observed: Observed) => plan(observed, desire(observed), keyring)
const kindsFor = (observed: Observed) => planFor(observed).map(({ kind }) => kind)

/** Published as the first, asked for as the second. */
const changed = (before: Observed, after: Partial<Observed>): Observed => ({ ...published(before), ...after })

describe('The plan', () => {
  const plans: Readonly<Record<string, readonly [Observed, readonly string[]]>> = {
    'does nothing when what is published is what is asked for': [published(anObservation()), []],
    'takes hold of a new tenant before it publishes it': [
      anObservation({ tenant: aCheckedTenant({}, { finalizers: [] }) }),
      ['add-finalizer', 'publish'],
    ],
    'publishes a tenant that has changed': [
      changed(anObservation(), { tenant: aCheckedTenant({ displayName: 'New' }) }),
      ['publish'],
    ],
    'publishes an agent that has changed': [
      changed(anObservation(), { agents: [aCheckedAgent('support', { instructions: 'Rhyme.' })] }),
      ['publish'],
    ],
    'publishes that an agent is gone': [changed(anObservation(), { agents: [] }), ['publish']],
    'publishes a suspension': [
      changed(anObservation(), { tenant: aCheckedTenant({ suspended: true }) }),
      ['publish'],
    ],
    'publishes again what someone changed in the store': [
      published(anObservation(), { entry: { state: 'suspended' } }),
      ['publish'],
    ],
    'takes retained data back and announces it': [
      published(anObservation(), { entry: { state: 'retained', uid: 'an-earlier-one' } }),
      ['publish', 'announce'],
    ],
    'purges what an earlier tenant left that was being deleted, so that it does not come back': [
      published(anObservation(), { entry: { state: 'deleting', uid: 'an-earlier-one' } }),
      ['purge-leftovers', 'publish'],
    ],
    'does nothing about a tenant that is not valid': [
      anObservation({ tenant: aCheckedTenant({ models: [] }) }),
      [],
    ],
    'does nothing while it is not known what is published': [
      anObservation({ published: { ok: false, error: new KonstructError('STORE_UNAVAILABLE') } }),
      [],
    ],
  }
  for (const [sentence, [observed, kinds]] of Object.entries(plans))
    it(sentence, () => assert.deepEqual(kindsFor(observed), kinds))

  describe('for secrets', () => {
    const withSecret = (value: string): Observed =>
      anObservation({
        tenant: aCheckedTenant({ channels: webForUsers }),
        secrets: aSecretReading({ secret: value.padEnd(32, '.') }),
      })

    const publishing = (observed: Observed) => {
      const action = planFor(observed).find(({ kind }) => kind === 'publish')
      return action?.kind === 'publish'
        ? { kept: action.keep.map(({ name }) => name), sealed: [...action.seal.keys()] }
        : undefined
    }
    const name = 'channels/web/jwt'

    it('does nothing when what is sealed is what the Secret says', () => {
      assert.equal(publishing(published(withSecret('same'))), undefined)
    })

    it('seals a value that has changed', () => {
      const observed = { ...withSecret('new'), published: published(withSecret('old')).published }
      assert.deepEqual(publishing(observed), { kept: [], sealed: [name] })
    })

    it('seals again what an older key sealed', () => {
      assert.deepEqual(publishing(published(withSecret('same'), { ring: oldKeyring })), {
        kept: [],
        sealed: [name],
      })
    })

    it('seals again what no key opens any longer', () => {
      const before = publicationOf(withSecret('same'))
      const value = { ...before, opened: new Map() }
      assert.deepEqual(publishing({ ...withSecret('same'), published: { ok: true, value } }), {
        kept: [],
        sealed: [name],
      })
    })

    it('drops what is no longer there', () => {
      const observed = { ...published(withSecret('old')), secrets: aSecretReading(undefined) }
      assert.deepEqual(publishing(observed), { kept: [], sealed: [] })
    })

    it('keeps what is published while the Secret cannot be read', () => {
      const error = new KonstructError('KUBE_UNAVAILABLE')
      const secrets: Observed['secrets'] = new Map([['auth', { ok: false, error }]])
      const observed = { ...published(withSecret('old')), secrets }
      assert.equal(publishing(observed), undefined)
    })
  })
})
