// The operator against a real API server, used as its users do: with kubectl.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Operator } from '../../operator/operator.ts'
import { countRows } from '../../services/shared/store/purge-tenant.ts'
import { readTenant } from '../../services/shared/store/read-tenant.ts'
import { aNamespace, anAgent, aSecret, aTenant, manifestsOf, webForUsers } from '../operator/manifests.ts'
import { onKubernetes, type OnKubernetes } from '../operator/on-kubernetes.ts'
import { chat, countLeftovers } from '../operator/scenes.ts'
import { samplesFolder } from '../operator/standalone.ts'
import { openClient } from '../operator/kube/a-kube.ts'
import { kstatus, type StatusObject } from '../operator/kstatus.ts'
import { waitUntil } from '../support/wait-until.ts'

interface ManagedFields {
  readonly manager: string
  readonly operation: string
  readonly subresource?: string
  readonly fieldsV1: object
}

/** For what is not promised within a time: long against a busy machine. */
const patience = '--timeout=30s'
const patienceMs = 30_000

describe('kubectl and the operator', function () {
  this.timeout(90_000)
  let world: OnKubernetes
  let leading: Operator

  before(async function () {
    this.timeout(600_000)
    world = await onKubernetes()
    leading = await world.startOperator()
  })
  after(() => world.close())

  /** A tenant with its agent and a namespace of their own, all Ready. */
  const aReadyTenant = async (spec: Readonly<Record<string, unknown>> = {}) => {
    const name = `t-${randomBytes(4).toString('hex')}`
    const manifest = (more: object = {}) =>
      manifestsOf(
        aNamespace(name),
        aTenant(name, { namespace: name, spec: { ...spec, ...more } }),
        anAgent('support', name, { namespace: name }),
      )
    await world.apply(manifest())
    await world.kubectl(
      '-n',
      name,
      'wait',
      '--for=condition=Ready',
      `tenant/${name}`,
      'agent/support',
      patience,
    )
    return { name, manifest }
  }

  const conditionOf = async (name: string, type: string, namespace = name) => {
    const tenant = JSON.parse(await world.kubectl('-n', namespace, 'get', 'tenant', name, '-o', 'json')) as {
      status?: { conditions?: { type: string; status: string; reason: string; message: string }[] }
    }
    return tenant.status?.conditions?.find((condition) => condition.type === type)
  }

  const eventsOf = async (namespace: string): Promise<string> =>
    world.kubectl(
      '-n',
      namespace,
      'get',
      'events.events.k8s.io',
      '-o',
      'jsonpath={range .items[*]}{.reason}: {.note}{"\\n"}{end}',
    )

  it('waits no longer than 5 s for the samples to be Ready, tenants and agents', async () => {
    await world.kubectl('apply', '-f', samplesFolder)
    await world.kubectl('wait', '--for=condition=Ready', 'tenants,agents', '--all', '-A', '--timeout=5s')
    const listed = await world.kubectl('get', 'tenants,agents', '-A')
    assert.match(listed, /NAMESPACE +NAME +READY +AGENTS +CHANNELS +AGE/)
    assert.match(listed, /acme +tenant\.konstruct\.dev\/acme +True +2 +\["web"\]/)
    assert.match(listed, /globex +agent\.konstruct\.dev\/payroll +True +globex +default/)
  })

  it('has an edited instruction published within 2 s', async () => {
    const { name } = await aReadyTenant()
    await world.kubectl(
      '-n',
      name,
      'patch',
      'agent',
      'support',
      '--type=merge',
      '-p',
      '{"spec":{"instructions":"Rhyme."}}',
    )
    await waitUntil({ until: 'the edit is published', deadlineMs: 2_000 }, async () => {
      const published = await readTenant(world.store.app, name)
      return published?.config.agents.get('support')?.spec.instructions === 'Rhyme.'
    })
  })

  it('deletes every row and every key with deletionPolicy Delete, and tells what went', async () => {
    const { name } = await aReadyTenant({ deletionPolicy: 'Delete' })
    await chat(world, name)
    await world.kubectl('-n', name, 'delete', 'tenant', name, patience)
    assert.equal(await countLeftovers(world, name), 0)
    assert.match(
      await eventsOf(name),
      /DataDeleted: Deleted: .*messages 1.*Redis keys 1\. Counted again: nothing is left/,
    )
  })

  it('retains the data by default, and gives it back to a Tenant of the same name', async () => {
    const { name, manifest } = await aReadyTenant()
    await chat(world, name)
    await world.kubectl('-n', name, 'delete', 'tenant', name, patience)
    assert.equal((await readTenant(world.store.app, name))?.entry.state, 'retained')
    assert.equal((await countRows(world.store.operator, name)).messages, 1)
    await world.apply(manifest())
    await world.kubectl('-n', name, 'wait', '--for=condition=Ready', `tenant/${name}`, patience)
    assert.equal((await readTenant(world.store.app, name))?.entry.state, 'active')
    assert.equal((await countRows(world.store.operator, name)).messages, 1)
    await waitUntil({ until: 'an event tells', deadlineMs: patienceMs }, async () =>
      /DataTakenBack: /.test(await eventsOf(name)),
    )
  })

  it('refuses a name that belongs to another namespace, and lets its holder be', async () => {
    const { name } = await aReadyTenant()
    const other = `${name}-other`
    await world.apply(manifestsOf(aNamespace(other), aTenant(name, { namespace: other })))
    const condition = await waitUntil({ until: 'it is refused', deadlineMs: patienceMs }, async () => {
      const accepted = await conditionOf(name, 'Accepted', other)
      return accepted?.status === 'False' && accepted
    })
    assert.equal(condition.reason, 'NameTaken')
    assert.match(condition.message, new RegExp(`namespace ${name}\\b`))
    assert.equal((await conditionOf(name, 'Stalled', other))?.status, 'True')
    await world.kubectl('-n', other, 'delete', 'tenant', name, patience)
    assert.equal((await readTenant(world.store.app, name))?.entry.state, 'active')
    assert.equal((await conditionOf(name, 'Ready'))?.status, 'True')
  })

  it('calls a tenant stalled whose shared secret stays away, and takes it up when it comes', async () => {
    const name = `t-${randomBytes(4).toString('hex')}`
    const tenant = aTenant(name, { namespace: name, spec: { channels: webForUsers } })
    await world.apply(manifestsOf(aNamespace(name), tenant, anAgent('support', name, { namespace: name })))
    await world.kubectl('-n', name, 'wait', '--for=condition=Stalled', `tenant/${name}`, patience)
    const ready = await conditionOf(name, 'Ready')
    assert.deepEqual([ready?.status, ready?.reason], ['False', 'SecretNotFound'])
    await world.apply(manifestsOf(aSecret('auth', { secret: 'x'.repeat(32) }, name)))
    await world.kubectl('-n', name, 'wait', '--for=condition=Ready', `tenant/${name}`, patience)
    assert.equal(await conditionOf(name, 'Stalled'), undefined)
  })

  it('is never taken for done before it is, by the rules of kstatus', async () => {
    const name = `t-${randomBytes(4).toString('hex')}`
    const resource = {
      group: 'konstruct.dev',
      version: 'v1alpha1',
      kind: 'Tenant',
      plural: 'tenants',
      namespace: name,
    }
    await world.apply(manifestsOf(aNamespace(name)))
    const { connection, client } = openClient(world.kube.kubeconfig)
    const stop = new AbortController()
    const seen: string[] = []
    try {
      const { resourceVersion } = await client.list(resource)
      const options = { resourceVersion, timeoutSeconds: 30, silenceMs: patienceMs }
      await world.apply(
        manifestsOf(anAgent('support', name, { namespace: name }), aTenant(name, { namespace: name })),
      )
      for await (const { type, object } of client.watch<StatusObject>(resource, options, stop.signal)) {
        if (type !== 'BOOKMARK') seen.push(kstatus(object))
        if (seen.at(-1) === 'Current') break
      }
    } finally {
      stop.abort()
      await connection.close()
    }
    assert.ok(seen.length >= 3, seen.join(' '))
    assert.deepEqual([...new Set(seen)], ['InProgress', 'Current'])
    assert.notEqual(await readTenant(world.store.app, name), null)
  })

  it('owns the status, and nothing of the spec', async () => {
    const { name } = await aReadyTenant()
    const args = ['-n', name, 'get', 'tenant', name, '-o', 'json', '--show-managed-fields']
    const { metadata } = JSON.parse(await world.kubectl(...args)) as {
      metadata: { managedFields: ManagedFields[] }
    }
    const ours = metadata.managedFields.filter(({ manager }) => manager === 'konstruct-operator')
    const status = ours.find(({ subresource }) => subresource === 'status')
    assert.equal(status?.operation, 'Apply')
    assert.ok(ours.every(({ fieldsV1 }) => !('f:spec' in fieldsV1)))
  })

  it('goes on under the operator that stood by, when the first one stops', async () => {
    const { name } = await aReadyTenant()
    const standby = await world.startOperator()
    await leading.stop()
    leading = standby
    await world.kubectl(
      '-n',
      name,
      'patch',
      'tenant',
      name,
      '--type=merge',
      '-p',
      '{"spec":{"suspended":true}}',
    )
    // Before the lease of the first one would have run out by itself, which takes 15 s.
    await waitUntil({ until: 'the second one publishes it', deadlineMs: 12_000 }, async () => {
      const published = await readTenant(world.store.app, name)
      return published?.entry.state === 'suspended'
    })
    assert.equal((await conditionOf(name, 'Ready'))?.status, 'True')
  })

  it('stops an operator whose lead was taken from it', async () => {
    let lost = false
    await leading.stop()
    leading = await world.startOperator({ onLost: () => (lost = true) })
    const lease = ['-n', 'default', 'patch', 'lease', 'konstruct-operator', '--type=merge', '-p']
    const { name } = await aReadyTenant()
    await world.kubectl(...lease, '{"spec":{"holderIdentity":"a-thief"}}')
    await waitUntil({ until: 'it has noticed', deadlineMs: patienceMs }, () => lost)
    await world.kubectl(
      '-n',
      name,
      'patch',
      'tenant',
      name,
      '--type=merge',
      '-p',
      '{"spec":{"suspended":true}}',
    )
    await setTimeout(500)
    assert.equal((await readTenant(world.store.app, name))?.entry.state, 'active')
  })
})
