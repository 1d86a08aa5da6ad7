// A real Prometheus with the chart's alerts watches the real platform, while what the alerts are for is done to it. Of the
// rules only `for` and the ranges are shortened, so that minutes become seconds.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import type { PrometheusPart } from '../../dev/parts/prometheus.ts'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { topicNames } from '../../services/shared/bus/topics.ts'
import { protocolName } from '../../services/shared/domain/frames.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { roleNames } from '../../services/shared/store/create-roles.ts'
import { AlertWatcher } from '../charts/alert-watcher.ts'
import { metricNames, queryNow } from '../charts/ask-prometheus.ts'
import { promtool } from '../charts/promtool.ts'
import { unansweredPanels } from '../charts/unanswered-panels.ts'
import { alertRules, alertsText, hurry, metricsIn, panelQueries } from '../charts/watched-files.ts'
import { aModel, anAgent, aTenant, manifestsOf } from '../operator/manifests.ts'
import { startScriptedModel } from '../services/orchestrator/scripted-model.ts'
import { freshTenantName } from '../support/a-tenant.ts'
import { bearerProtocol } from '../support/chat-client.ts'
import { ownPrometheus } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import type { ChildService } from './child-service.ts'
import type { Person, Said } from './person.ts'
import { Platform, type TalkingTenant } from './platform.ts'

/** What an orchestrator runs at once here. */
const capacity = 3
const conversations = 3
/** A part takes up to 2.5 s to tell that a store does not answer. */
const scrapeSeconds = 3
/** Longer than one scrape that failed is remembered. */
const forSeconds = scrapeSeconds + 2
/** Of the gateway here: enough for the few who chat. */
const maxConnections = 4

describe('Watching', function () {
  this.timeout(60_000)
  let folder: string
  let platform: Platform
  let prometheus: PrometheusPart
  let acme: TalkingTenant
  let person: Person
  let held: readonly Said[] = []
  let alerts: AlertWatcher

  const partOf = ({ name }: ChildService): string => name.split('-')[0] ?? ''

  const configure = (parts: readonly ChildService[]): string => {
    const rules = join(folder, 'alerts.yaml')
    writeFileSync(rules, hurry(alertsText, forSeconds))
    const targets = parts.map((part) => ({
      targets: [new URL(part.adminUrl).host],
      // As the chart's PodMonitor labels them.
      labels: { job: `konstruct-${partOf(part)}`, namespace: 'chat', pod: part.name },
    }))
    return stringify({
      global: {
        scrape_interval: `${scrapeSeconds}s`,
        scrape_timeout: `${scrapeSeconds}s`,
        evaluation_interval: '1s',
      },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'pods', static_configs: targets }],
    })
  }

  const apply = (tenant: string, baseURL: string, spec: object = {}): void => {
    // Answers are held for as long as a test needs.
    const timeouts = { firstTokenSeconds: 300, idleSeconds: 300 }
    const models = [{ ...aModel('default', { baseURL }), timeouts }]
    const resources = [
      aTenant(tenant, { namespace: tenant, spec: { models, ...spec } }),
      anAgent('support', tenant, { namespace: tenant }),
    ]
    writeFileSync(join(platform.manifests, `${tenant}.yaml`), manifestsOf(...resources))
  }

  const admin = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: platform.store.adminUrl.reveal() })
    await client.connect()
    await client.query(sql)
    await client.end()
  }

  before(async function () {
    this.timeout(180_000)
    folder = mkdtempSync(join(tmpdir(), 'konstruct-watching-'))
    platform = await Platform.start({
      operator: true,
      settings: {
        KONSTRUCT_CAPACITY: String(capacity),
        KONSTRUCT_MAX_CONNECTIONS: String(maxConnections),
        KONSTRUCT_ISOLATION_SECONDS: '1',
      },
    })
    acme = { tenant: freshTenantName(), model: await platform.model() }
    apply(acme.tenant, acme.model.baseURL)
    await platform.knows(acme.tenant)
    const { gateways, orchestrators, operator } = platform
    assert.ok(operator)
    prometheus = await ownPrometheus(configure([...gateways, ...orchestrators, operator]))
    alerts = new AlertWatcher(prometheus.url)
    await waitUntil({ until: 'every part is scraped', deadlineMs: 20_000 }, async () => {
      return (await queryNow(prometheus.url, 'up == 1')).length === 3
    })
  })
  after(async () => {
    await prometheus.stop()
    await platform.end()
    rmSync(folder, { recursive: true })
  })

  it('finds nothing to criticise in the metrics of any part', async () => {
    const { gateways, orchestrators, operator } = platform
    for (const part of [...gateways, ...orchestrators, ...(operator ? [operator] : [])])
      await promtool(['check', 'metrics'], await (await fetch(`${part.adminUrl}/metrics`)).text())
  })

  it('sees every message in each query of the dashboard', async () => {
    person = await platform.person(acme.tenant)
    for (let n = 0; n < conversations; n += 1) await person.answered(person.say(`message ${n}`))
    await comeWithAWrongToken()
    acme.model.hold()
    held = Array.from({ length: capacity - 1 }, (_, n) => person.say(`held ${n}`))
    await Promise.all(held.map((said) => person.reading(said)))
    let unanswered: readonly string[] = []
    const everyQueryIsAnswered = async (): Promise<boolean> => {
      unanswered = await unansweredPanels(prometheus.url, '20s')
      return unanswered.length === 0
    }
    await waitUntil(
      { until: 'every query is answered', deadlineMs: 30_000, everyMs: 500 },
      everyQueryIsAnswered,
    ).catch((cause: Error) => assert.fail(`${cause.message} Not yet:\n${unanswered.join('\n')}`))
  })

  const valueOf = async (expr: string): Promise<number> =>
    Number((await queryNow(prometheus.url, expr))[0]?.value[1])

  /** Waits for a scrape that tells just that. */
  const tells = (expr: string, value: number): Promise<boolean> =>
    waitUntil({ until: `${expr} is ${value}`, deadlineMs: 20_000, everyMs: 250 }, async () => {
      assert.equal(await valueOf(expr), value)
      return true
    })

  it('tells exactly what goes on', async () => {
    await tells('sum(konstruct_gateway_connections)', 1)
    await tells(`konstruct_gateway_tenant_connections{tenant="${acme.tenant}"}`, 1)
    await tells('sum(konstruct_orchestrator_turns_running)', held.length)
    await tells('sum(konstruct_orchestrator_turns_capacity)', capacity)
    await tells('max(konstruct_turns_open)', held.length)
    await tells(`max(konstruct_tenant_turns_open{tenant="${acme.tenant}"})`, held.length)
    const all = conversations + held.length
    await tells('sum(konstruct_gateway_messages_total{outcome="accepted"})', all)
    await tells('sum(konstruct_orchestrator_turns_total{state="answered"})', conversations)
    // The model tells 7 tokens for every answer.
    await tells('sum(konstruct_orchestrator_tokens_total{direction="output"})', 7 * conversations)
    await tells('sum(konstruct_store_up)', 9)
    await tells('max(konstruct_oldest_waiting_turn_seconds)', 0)
  })

  it('has every metric that an alert or the dashboard names', async () => {
    const known = await metricNames(prometheus.url)
    const named = [...alertRules, ...panelQueries('1m')].flatMap(({ expr }) => metricsIn(expr))
    assert.ok(named.length > 40)
    for (const name of new Set(named)) assert.ok(known.includes(name), `${name} is exposed`)
  })

  it('has no label that grows with users, conversations or turns', async () => {
    const said = [
      person.user,
      ...person.said.flatMap(({ frame, accepted }) => [frame.conversation, accepted?.turn]),
    ]
    for (const { adminUrl } of [...platform.gateways, ...platform.orchestrators]) {
      const text = await (await fetch(`${adminUrl}/metrics`)).text()
      for (const id of said) assert.ok(!text.includes(id ?? '?'))
    }
  })

  it('raises no alert while all is well', async () => {
    assert.deepEqual(await alerts.look(), [])
  })

  it('shows a backlog also where it waits in PostgreSQL only, and raises KonstructAtCapacity', async () => {
    held = [...held, ...Array.from({ length: 4 }, (_, n) => person.say(`more ${n}`))]
    await Promise.all(held.map((said) => person.accepted(said)))
    await alerts.fires('KonstructAtCapacity')
    await tells('max(konstruct_turns_open)', held.length)
    await waitUntil({ until: 'it is seen to wait', deadlineMs: 10_000 }, async () => {
      return (await valueOf('max(konstruct_oldest_waiting_turn_seconds)')) > 1
    })
    acme.model.release()
    await Promise.all(held.map((said) => person.answered(said)))
    await alerts.ends('KonstructAtCapacity')
  })

  it('raises KonstructDeadLetters for a record that cannot be read', async () => {
    const bus = createKafkaLog({ log: silentLog }, { brokers: platform.brokers, clientId: 'test' })
    await bus.publish(topicNames(platform.prefix).turns, [{ key: 'stranger', value: 'no turn' }])
    await bus.close()
    await alerts.fires('KonstructDeadLetters')
  })

  it('raises KonstructRepliesFailing for the tenant whose model refuses, and KonstructTenantStalled', async () => {
    const [unlucky, unfinished] = [freshTenantName(), freshTenantName()]
    const refusing = await startScriptedModel()
    refusing.script = (answer) => answer.status(401)
    apply(unlucky, refusing.baseURL)
    apply(unfinished, acme.model.baseURL, {
      channels: { web: { defaultAgent: 'nobody', auth: { anonymous: {} } } },
    })
    await platform.knows(unlucky)
    const failed = `konstruct_orchestrator_turns_total{tenant="${unlucky}",state="failed"}`
    await tells(failed, 0)
    const visitor = await platform.person(unlucky)
    for (let n = 0; n < 4; n += 1) visitor.say(`hello ${n}`)
    const { annotations } = await alerts.fires('KonstructRepliesFailing', { tenant: unlucky })
    assert.match(annotations['summary'] ?? '', new RegExp(`replies of tenant ${unlucky} fail`))
    await refusing.close()
    await alerts.fires('KonstructTenantStalled', { tenant: unfinished, tenant_namespace: unfinished })
    rmSync(join(platform.manifests, `${unfinished}.yaml`))
    await alerts.ends('KonstructTenantStalled')
  })

  it('raises KonstructGatewayRefusing when a gateway is full', async () => {
    const sockets = Array.from({ length: maxConnections + 10 }, () => openSocket(person.token))
    await alerts.fires('KonstructGatewayRefusing', { pod: platform.gateways[0]?.name ?? '' })
    await tells('konstruct_gateway_connections / konstruct_gateway_connections_limit', 1)
    for (const socket of sockets) socket.terminate()
  })

  it('raises KonstructIsolationDrifted for a policy that was dropped, which the operator puts back', async () => {
    await admin('drop policy tenant_isolation on konstruct.messages')
    await alerts.fires('KonstructIsolationDrifted')
    assert.ok((await alerts.look()).every(({ labels }) => labels['alertname'] !== 'KonstructIsolationBroken'))
  })

  it('raises KonstructIsolationBroken for a role that gets around the policies', async () => {
    await admin(`alter role ${roleNames.operator} bypassrls`)
    try {
      const { labels } = await alerts.fires('KonstructIsolationBroken')
      assert.equal(labels['severity'], 'critical')
    } finally {
      await admin(`alter role ${roleNames.operator} nobypassrls`)
    }
    await alerts.ends('KonstructIsolationBroken')
  })

  it('raises KonstructStoreUnreachable for each part that Redis is away from', async () => {
    await platform.redis.kill()
    for (const part of ['gateway', 'orchestrator', 'operator'])
      await alerts.fires('KonstructStoreUnreachable', { job: `konstruct-${part}`, store: 'redis' })
    await platform.restartRedis()
    await alerts.ends('KonstructStoreUnreachable')
  })

  it('raises KonstructPartDown for the part that is down', async () => {
    await Promise.all(platform.orchestrators.map((orchestrator) => platform.kill(orchestrator)))
    const { annotations } = await alerts.fires('KonstructPartDown', { job: 'konstruct-orchestrator' })
    assert.match(annotations['description'] ?? '', /^No pod of konstruct-orchestrator in namespace chat/)
    assert.ok(!JSON.stringify(await alerts.look()).includes('<error'))
  })

  it('raised each alert once', () => {
    assert.deepEqual(alerts.again, [])
  })

  const openSocket = (token: string): WebSocket => {
    const [{ url } = { url: '' }] = platform.gateways
    const address = `${url.replace(/^http/, 'ws')}/v1/tenants/${acme.tenant}/ws`
    const socket = new WebSocket(address, [protocolName, bearerProtocol(token)], { origin: url })
    return socket.on('error', () => {})
  }

  /** With an origin, as a browser does: to it the refusal is told by a close code. */
  const comeWithAWrongToken = (): Promise<unknown> => {
    const socket = openSocket('wrong')
    return new Promise((resolve) => socket.on('close', resolve))
  }
})
