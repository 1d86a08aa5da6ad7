// A real Prometheus watches the pods of a release, while what each alert is for is done to them.
import assert from 'node:assert/strict'
import { WebSocket } from 'ws'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { topicNames } from '../../services/shared/bus/topics.ts'
import { protocolName } from '../../services/shared/domain/frames.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { roleNames } from '../../services/shared/store/create-roles.ts'
import type { Person, Said } from '../e2e/person.ts'
import { bearerProtocol } from '../support/chat-client.ts'
import { waitUntil } from '../support/wait-until.ts'
import { endRelease, installRelease } from './begin-release.ts'
import { comeAlone, Crowd } from './crowd.ts'
import { ReleaseWatch } from './release-watch.ts'
import { type Release, step } from './release.ts'

const tenant = 'watched'
const people = 20
/** Of each gateway: enough for the crowd, wherever it goes. */
const maxConnections = 30
/** Turns at once of each orchestrator: enough for the crowd. */
const capacity = 16
const pods = 2

const values = [
  'operator.isolationSeconds=1',
  `gateway.maxConnections=${maxConnections}`,
  `orchestrator.capacity=${capacity}`,
].flatMap((value) => ['--set', value])

describe('A release that is watched', function () {
  this.timeout(120_000)
  let release: Release
  let watch: ReleaseWatch
  let gateway: string
  let person: Person

  before(async function () {
    release = await installRelease(this, { values, tenant })
    gateway = await release.gatewayUrl()
    watch = await ReleaseWatch.begin(release)
    person = await comeAlone({ gateway, tenant })
    await waitUntil(
      { until: 'every pod is scraped', deadlineMs: 30_000, everyMs: 250 },
      async () => (await watch.sum('up')) === 3 * pods,
    )
  })
  after(async function () {
    await (person as Person | undefined)?.leave()
    await (watch as ReleaseWatch | undefined)?.end()
    await endRelease(this, release)
  })

  const kubectl = (...args: string[]): Promise<string> => release.kubectl.run('-n', 'konstruct', ...args)

  /** Fires, and ends when what was done is undone. */
  const raises = async (
    alert: string,
    about: Readonly<Record<string, string>>,
    undo: () => unknown = () => {},
  ): Promise<void> => {
    try {
      await step(alert, () => watch.alerts.fires(alert, { namespace: 'konstruct', ...about }))
    } finally {
      await undo()
    }
    await watch.alerts.ends(alert)
  }

  const knock = (token: string): WebSocket => {
    const address = `${gateway.replace(/^http/, 'ws')}/v1/tenants/${tenant}/ws`
    return new WebSocket(address, [protocolName, bearerProtocol(token)], { origin: gateway }).on(
      'error',
      () => {},
    )
  }

  it('answers each query of the dashboard, and raises no alert while all is well', async () => {
    const crowd = await Crowd.come({ gateway, tenant, people })
    crowd.talk()
    let unanswered: readonly string[] = []
    await waitUntil({ until: 'each query is answered', deadlineMs: 60_000, everyMs: 1_000 }, async () => {
      // A visitor who is refused is on the dashboard, too.
      const refused = knock('wrong')
      await new Promise((resolve) => refused.on('close', resolve))
      unanswered = await watch.unanswered()
      return unanswered.length === 0
    }).catch((cause: Error) => assert.fail(`${cause.message} Not yet:\n${unanswered.join('\n')}`))
    assert.equal(await watch.sum('konstruct_gateway_connections'), people + 1)
    assert.equal(await watch.sum('konstruct_orchestrator_turns_capacity'), pods * capacity)
    assert.equal(await watch.sum('konstruct_store_up'), 3 * 3 * pods)
    const { messages } = await crowd.end()
    await waitUntil(
      { until: 'each message is counted', deadlineMs: 10_000, everyMs: 250 },
      async () =>
        (await watch.sum('konstruct_gateway_messages_total{outcome="accepted"}')) === messages &&
        (await watch.sum('konstruct_orchestrator_turns_total{state="answered"}')) === messages,
    )
    assert.deepEqual(await watch.alerts.look(), [])
  })

  it('raises KonstructTenantStalled for a tenant that somebody has to edit', async () => {
    await release.apply(tenantOf('unfinished', { baseURL: release.model.url, defaultAgent: 'nobody' }))
    await raises('KonstructTenantStalled', { tenant: 'unfinished', tenant_namespace: 'default' }, () =>
      release.kubectl.run('delete', 'tenant', 'unfinished', '--timeout=30s'),
    )
  })

  it('raises KonstructRepliesFailing for a tenant whose model refuses', async () => {
    await release.kubectl.run('create', 'namespace', 'unlucky')
    await release.apply(
      tenantOf('unlucky', { baseURL: `${release.model.url}/nowhere`, namespace: 'unlucky' }),
    )
    await release.apply(agentOf('unlucky'))
    await release.kubectl.run(
      '-n',
      'unlucky',
      'wait',
      '--for=condition=Ready',
      'tenant/unlucky',
      '--timeout=30s',
    )
    const failed = 'konstruct_orchestrator_turns_total{tenant="unlucky",state="failed"}'
    // By each pod: what a counter had when it was first seen is no increase.
    await waitUntil({ until: 'the tenant is watched', deadlineMs: 10_000 }, async () => {
      return (await watch.sum(`${failed} == bool 0`)) === pods
    })
    const visitor = await comeAlone({ gateway, tenant: 'unlucky' })
    for (let n = 0; n < 8; n += 1) visitor.say(`hello ${n}`)
    await raises('KonstructRepliesFailing', { tenant: 'unlucky' }, () => visitor.leave())
    await release.kubectl.run('delete', 'namespace', 'unlucky', '--timeout=60s')
  })

  it('raises KonstructDeadLetters for a record that is no turn', async () => {
    const bus = createKafkaLog({ log: silentLog }, { brokers: release.stores.brokers, clientId: 'test' })
    await bus.publish(topicNames().turns, [{ key: 'stranger', value: 'no turn' }])
    await bus.close()
    await raises('KonstructDeadLetters', {})
  })

  it('raises KonstructGatewayRefusing for a gateway that is full', async () => {
    const sockets = Array.from({ length: 4 * maxConnections }, () => knock(person.token))
    await raises('KonstructGatewayRefusing', {}, () => {
      for (const socket of sockets) socket.terminate()
    })
  })

  const stop = async (said: Said): Promise<void> => {
    const { conversation, turn } = await person.accepted(said)
    person.transmit({ type: 'stop', conversation, turn })
    await person.answered(said)
  }

  it('raises KonstructAtCapacity while all orchestrators are full', async () => {
    const said = Array.from({ length: 4 * capacity }, (_, n) => person.say(`a long story, ${n}`))
    // All at once: as one after the other ends, they are about as many as can run for a while, and now and then more.
    await raises('KonstructAtCapacity', {}, () => Promise.all(said.map((one) => stop(one))))
  })

  it('raises KonstructIsolationDrifted for a policy that was dropped', async () => {
    await release.rows('drop policy tenant_isolation on konstruct.messages')
    await raises('KonstructIsolationDrifted', {})
  })

  it('raises KonstructIsolationBroken for a role that gets around the policies', async () => {
    await release.rows(`alter role ${roleNames.operator} bypassrls`)
    await raises('KonstructIsolationBroken', { severity: 'critical' }, () =>
      release.rows(`alter role ${roleNames.operator} nobypassrls`),
    )
  })

  it('raises KonstructStoreUnreachable for each part that Redis is away from', async () => {
    await release.stores.redis.kill()
    for (const part of ['gateway', 'orchestrator', 'operator'])
      await watch.alerts.fires('KonstructStoreUnreachable', { job: `konstruct-${part}`, store: 'redis' })
    await raises('KonstructStoreUnreachable', { store: 'redis' }, () => release.stores.redis.comeBack())
  })

  it('raises KonstructIsolationUnverified when PostgreSQL cannot be asked', async () => {
    await release.stores.postgres.kill()
    await raises('KonstructIsolationUnverified', {}, () => release.stores.postgres.comeBack())
    await watch.alerts.ends('KonstructStoreUnreachable')
  })

  it('raises KonstructTopicsNotReady when Kafka cannot be asked', async function () {
    this.timeout(300_000)
    await release.stores.kafka.kill()
    try {
      // They are looked at once a minute, and it takes a while to give up.
      await waitUntil(
        { until: 'it is noticed', deadlineMs: 120_000, everyMs: 1_000 },
        async () => (await watch.sum('konstruct_topics_ready')) === 0,
      )
      await step('KonstructTopicsNotReady', () => watch.alerts.fires('KonstructTopicsNotReady'))
    } finally {
      await release.stores.kafka.comeBack()
    }
    for (const alert of ['KonstructTopicsNotReady', 'KonstructStoreUnreachable'])
      await watch.alerts.ends(alert)
  })

  it('raises KonstructNoLeader when no operator may hold the Lease', async () => {
    const binding = JSON.parse(
      await kubectl('get', 'rolebinding', 'konstruct-operator-lease', '-o', 'json'),
    ) as { metadata: object }
    await kubectl('delete', 'rolebinding', 'konstruct-operator-lease')
    const { name, namespace, labels } = binding.metadata as Record<string, unknown>
    await raises('KonstructNoLeader', {}, () =>
      release.apply({ ...binding, metadata: { name, namespace, labels } }),
    )
  })

  it('raises KonstructPartDown and KonstructTurnsWaiting when no orchestrator runs', async () => {
    await kubectl('scale', 'deployment/konstruct-orchestrator', '--replicas=0')
    await watch.alerts.fires('KonstructPartDown', { job: 'konstruct-orchestrator' })
    const said = person.say('Is nobody there?')
    await raises('KonstructTurnsWaiting', {}, () =>
      kubectl('scale', 'deployment/konstruct-orchestrator', `--replicas=${pods}`),
    )
    assert.equal((await person.answered(said)).finish, 'complete')
    await watch.alerts.ends('KonstructPartDown')
  })

  it('raised each alert once, but for what nobody looks after without a leader either', () => {
    const again = watch.alerts.again.filter((labels) => !/IsolationUnverified|TopicsNotReady/.test(labels))
    assert.deepEqual(again, [])
  })
})

interface TenantChanges {
  readonly baseURL: string
  readonly namespace?: string
  readonly defaultAgent?: string
}

const tenantOf = (name: string, changes: TenantChanges) => {
  const { baseURL, namespace = 'default', defaultAgent = 'support' } = changes
  return {
    apiVersion: 'konstruct.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name, namespace },
    spec: {
      displayName: name,
      deletionPolicy: 'Delete',
      models: [{ name: 'default', openAICompatible: { baseURL, model: 'demo' } }],
      channels: { web: { defaultAgent, auth: { anonymous: {} } } },
    },
  }
}

const agentOf = (name: string) => ({
  apiVersion: 'konstruct.dev/v1alpha1',
  kind: 'Agent',
  metadata: { name: 'support', namespace: name },
  spec: { tenant: name, displayName: 'Ava', instructions: 'You are Ava.' },
})
