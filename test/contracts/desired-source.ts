// What every source of desired state keeps, whether it is a Kubernetes API or a folder.
import assert from 'node:assert/strict'
import type { DesiredSource, DesiredTenant } from '../../operator/source/desired-source.ts'
import { tenantFinalizer } from '../../operator/source/desired-source.ts'
import type { TenantStatus } from '../../services/shared/domain/resources/tenant.ts'
import { KonstructError } from '../../services/shared/runtime/errors.ts'
import { anAgent, aSecret, aTenant } from '../operator/manifests.ts'
import { waitUntil } from '../support/wait-until.ts'

export interface OpenSource {
  readonly source: DesiredSource
  /** Where the test's own resources are. */
  readonly namespace: string
  /** Another namespace that the source follows. */
  readonly elsewhere: string
  /** Creates or replaces, as a user would. */
  put(...resources: readonly object[]): Promise<void>
  remove(kind: 'Tenant' | 'Agent' | 'Secret', name: string): Promise<void>
  /** The reasons of the events that tell of a resource. */
  eventsOf(name: string): Promise<readonly string[]>
  close(): Promise<void>
}

const { signal } = new AbortController()

const aStatus = (reason: string): TenantStatus => ({
  observedGeneration: 1,
  channels: ['web'],
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      observedGeneration: 1,
      lastTransitionTime: '2030-01-01T00:00:00Z',
      reason,
      message: 'A sentence.',
    },
  ],
})

/** @param open a source that does not follow yet, with nothing in it */
export const keepsTheContractOfADesiredSource = (open: () => Promise<OpenSource>): void => {
  let opened: OpenSource
  let keys: { key: string; lane: string }[]

  beforeEach(async () => {
    opened = await open()
    keys = []
  })
  afterEach(() => opened.close())

  const follow = async (): Promise<void> => {
    opened.source.watch((key, lane) => keys.push({ key, lane }))
    await waitUntil({ until: 'the source has synced' }, () => opened.source.hasSynced)
  }

  const told = (key: string, lane?: string): Promise<unknown> =>
    waitUntil({ until: `${key} is told` }, () =>
      keys.some((one) => one.key === key && (lane === undefined || one.lane === lane)),
    )

  const put = (...resources: readonly object[]) => opened.put(...resources)
  const inNamespace = () => ({ namespace: opened.namespace })
  const keyOf = (tenant: string): string => `${opened.namespace}/${tenant}`
  const find = (name: string) => opened.source.tenant(opened.namespace, name)

  const aFollowedTenant = async (name: string): Promise<DesiredTenant> => {
    await put(aTenant(name, inNamespace()))
    if (!opened.source.hasSynced) await follow()
    return waitUntil({ until: `${name} is followed` }, () => find(name))
  }

  it('tells the key of each tenant that is there at first, without haste', async () => {
    await put(aTenant('acme', inNamespace()))
    await follow()
    await told(keyOf('acme'))
    assert.ok(keys.every(({ lane }) => lane === 'sweep'))
  })

  it('knows a namespace only once everything in it was read, and tells its keys then', async () => {
    await put(aTenant('acme', inNamespace()), anAgent('lost', 'nobody', inNamespace()))
    assert.equal(opened.source.knows(opened.namespace), false)
    await follow()
    assert.equal(opened.source.knows(opened.namespace), true)
    await told(keyOf('acme'))
    await told(keyOf('nobody'))
  })

  it('tells the key of a tenant that comes later, at once, and gives it with what was asked for', async () => {
    await put(aTenant('acme', inNamespace()))
    await follow()
    await put(aTenant('globex', { ...inNamespace(), spec: { displayName: 'Globex' } }))
    await told(keyOf('globex'), 'change')
    const found = find('globex')
    assert.equal(found?.generation, 1)
    assert.equal(found?.deletedAt, undefined)
    assert.match(found?.uid ?? '', /^[0-9a-f-]{36}$/)
    assert.ok(Date.parse(found?.createdAt ?? '') > 0)
    const manifest = found?.manifest as { spec: { displayName: string } } | undefined
    assert.equal(manifest?.spec.displayName, 'Globex')
    assert.deepEqual(
      opened.source
        .tenants()
        .map(({ name }) => name)
        .toSorted(),
      ['acme', 'globex'],
    )
  })

  it('raises the generation of a tenant whose spec was changed, and keeps its uid', async () => {
    const before = await aFollowedTenant('acme')
    await put(aTenant('acme', { ...inNamespace(), spec: { displayName: 'Another' } }))
    const after = await waitUntil({ until: 'it has changed' }, () => {
      const found = find('acme')
      return found?.generation === before.generation + 1 ? found : undefined
    })
    assert.equal(after.uid, before.uid)
  })

  it('takes a change of an agent for a change of its tenant, whether that exists or not', async () => {
    await aFollowedTenant('acme')
    keys.length = 0
    await put(anAgent('support', 'acme', inNamespace()), anAgent('lost', 'nobody', inNamespace()))
    await told(keyOf('acme'), 'change')
    await told(keyOf('nobody'), 'change')
    keys.length = 0
    await opened.remove('Agent', 'support')
    await told(keyOf('acme'), 'change')
    assert.deepEqual(opened.source.agentsOf(opened.namespace, 'acme'), [])
  })

  it('gives a tenant its agents, and none of another tenant or namespace', async () => {
    await aFollowedTenant('acme')
    await put(
      anAgent('support', 'acme', inNamespace()),
      anAgent('other', 'globex', inNamespace()),
      anAgent('support', 'acme', { namespace: opened.elsewhere }),
    )
    const agents = await waitUntil({ until: 'the agent is followed' }, () => {
      const found = opened.source.agentsOf(opened.namespace, 'acme')
      return found.length > 0 && found
    })
    assert.deepEqual(
      agents.map(({ name, namespace }) => [name, namespace]),
      [['support', opened.namespace]],
    )
  })

  it('finds the tenants of a name in every namespace', async () => {
    await aFollowedTenant('acme')
    await put(aTenant('acme', { namespace: opened.elsewhere }), aTenant('globex', inNamespace()))
    const found = await waitUntil({ until: 'both are found' }, () => {
      const tenants = opened.source.tenantsNamed('acme')
      return tenants.length > 1 && tenants
    })
    assert.deepEqual(
      found.map(({ name, namespace }) => `${namespace}/${name}`).toSorted(),
      [keyOf('acme'), `${opened.elsewhere}/acme`].toSorted(),
    )
  })

  it('gives a status back as soon as it is written, and wakes nobody with it', async () => {
    const tenant = await aFollowedTenant('acme')
    await told(keyOf('acme'))
    keys.length = 0
    await opened.source.writeStatus(tenant, aStatus('One'), signal)
    assert.deepEqual(find('acme')?.status, aStatus('One'))
    await opened.source.writeStatus(tenant, aStatus('Two'), signal)
    assert.deepEqual(find('acme')?.status, aStatus('Two'))
    // Something else that is told proves that the status would have been by now.
    await aFollowedTenant('globex')
    await told(keyOf('globex'))
    assert.deepEqual(
      keys.filter(({ key }) => key === keyOf('acme')),
      [],
    )
  })

  it('removes from a status what a later one leaves out', async () => {
    const tenant = await aFollowedTenant('acme')
    await opened.source.writeStatus(tenant, aStatus('One'), signal)
    const { conditions = [] } = aStatus('One')
    await opened.source.writeStatus(tenant, { observedGeneration: 1, conditions }, signal)
    assert.deepEqual(find('acme')?.status, { observedGeneration: 1, conditions })
  })

  it('holds a deleted tenant back while the finalizer is there, and lets it go with it', async () => {
    await opened.source.addFinalizer(await aFollowedTenant('acme'), signal)
    const held = find('acme')
    assert.deepEqual(held?.finalizers, [tenantFinalizer])
    await opened.source.addFinalizer(held, signal)
    await opened.remove('Tenant', 'acme')
    const deleted = await waitUntil({ until: 'it is being deleted' }, () => {
      const found = find('acme')
      return found?.deletedAt === undefined ? undefined : found
    })
    await told(keyOf('acme'), 'change')
    keys.length = 0
    await opened.source.removeFinalizer(deleted, signal)
    await waitUntil({ until: 'it is gone' }, () => find('acme') === undefined)
    await told(keyOf('acme'), 'change')
  })

  it('never says that it holds a tenant back that is gone already', async () => {
    const tenant = await aFollowedTenant('acme')
    // What happens from here on is not told.
    await opened.source.close()
    await opened.remove('Tenant', 'acme')
    const isHeld = await opened.source.addFinalizer(tenant, signal).then(
      () => true,
      () => false,
    )
    assert.equal(find('acme')?.finalizers.includes(tenantFinalizer), isHeld)
  })

  it('gives a tenant that comes again under its name a uid of its own', async () => {
    const first = await aFollowedTenant('acme')
    await opened.remove('Tenant', 'acme')
    await waitUntil({ until: 'it is gone' }, () => find('acme') === undefined)
    const second = await aFollowedTenant('acme')
    assert.notEqual(second.uid, first.uid)
    await opened.source.writeStatus(first, aStatus('Old'), signal)
    await opened.source.removeFinalizer(first, signal)
    await assert.rejects(
      opened.source.addFinalizer(first, signal),
      (thrown) => thrown instanceof KonstructError && thrown.code === 'KUBE_CONFLICT',
    )
    assert.equal(find('acme')?.status?.conditions, undefined)
    assert.deepEqual(find('acme')?.finalizers, [])
  })

  it('reads the Secrets of a namespace, as they are now, and of no other', async () => {
    await aFollowedTenant('acme')
    const read = async (name: string) => {
      const secret = await opened.source.readSecret(opened.namespace, name, signal)
      return secret?.get('key')?.reveal()
    }
    await put(
      aSecret('mine', { key: 'päss' }, opened.namespace),
      aSecret('theirs', { key: 'x' }, opened.elsewhere),
    )
    await waitUntil({ until: 'the secret is read' }, async () => (await read('mine')) === 'päss')
    assert.equal(await read('theirs'), undefined)
    assert.equal(await read('missing'), undefined)
    await put(aSecret('mine', { key: 'changed' }, opened.namespace))
    await waitUntil({ until: 'the new one is read' }, async () => (await read('mine')) === 'changed')
  })

  it('tells people in events', async () => {
    const tenant = await aFollowedTenant('acme')
    await opened.source.recordEvent(tenant, {
      type: 'Normal',
      reason: 'DataRetained',
      message: 'It is kept.',
    })
    await waitUntil({ until: 'the event is there' }, async () =>
      (await opened.eventsOf('acme')).includes('DataRetained'),
    )
  })
}
