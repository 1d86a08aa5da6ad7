// Gateways for tests: started in this process on free ports, with a database, a key space and topics of their own.
// The orchestrator's side is played by the tests, with the functions that it uses itself.
import { Registry } from 'prom-client'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { decodeTurn, type TurnRecord } from '../../services/shared/bus/codecs/turn-v1.ts'
import type { MessageLog } from '../../services/shared/bus/message-log.ts'
import { topicNames, topicSpecs } from '../../services/shared/bus/topics.ts'
import { silentLog, type Log } from '../../services/shared/runtime/log.ts'
import { publishTenant, type Publication } from '../../services/shared/store/publish-tenant.ts'
import { readGatewayConfig, type GatewayConfig } from '../../services/gateway/config.ts'
import { startGateway, type Gateway } from '../../services/gateway/gateway.ts'
import { aTenant, testKeyring } from './a-tenant.ts'
import { ChatClient } from './chat-client.ts'
import { freshRedis } from './fresh-redis.ts'
import { freshStore, type FreshStore } from './fresh-store.ts'
import { freshTopicPrefix, kafka } from './parts.ts'
import { openRedisAt, type OpenRedis } from './open-redis.ts'
import { waitUntil } from './wait-until.ts'

export interface TestGateway extends Gateway {
  readonly url: string
  readonly adminUrl: string
  /** How often each tenant's configuration was taken over. */
  readonly changes: ReadonlyMap<string, number>
}

export interface GatewayWorld extends OpenRedis {
  readonly store: FreshStore
  readonly messageLog: MessageLog
  readonly prefix: string
  /** Turns that Kafka has, as far as they were read. */
  readonly turns: readonly TurnRecord[]
  readonly config: GatewayConfig
  start(changes?: Partial<GatewayConfig>, log?: Log): Promise<TestGateway>
  /** Publishes a tenant and waits until every gateway of this world knows it so. */
  publish(publication?: Publication): Promise<Publication>
  visitor(gateway: TestGateway, tenant: string): Promise<{ readonly token: string; readonly user: string }>
  /** A visitor's open socket. */
  client(gateway: TestGateway, tenant: string): Promise<ChatClient>
  end(): Promise<void>
}

interface WorldOptions {
  readonly redisUrl?: string
  readonly brokers?: readonly string[]
}

const configFor = (settings: Readonly<Record<string, string>>): GatewayConfig => ({
  ...readGatewayConfig({
    KONSTRUCT_PORT: '0',
    KONSTRUCT_ADMIN_PORT: '0',
    KONSTRUCT_HOST: '127.0.0.1',
    KONSTRUCT_DATABASE_POOL: '6',
    KONSTRUCT_SECRET_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    KONSTRUCT_VISITOR_KEY: 'only-for-tests-only-for-tests-32',
    KONSTRUCT_DRAIN_SPREAD_MS: '0',
    ...settings,
  }),
  keyring: testKeyring,
})

/** The directory tells in the log when it has taken over a change. */
const noteChanges = (changes: Map<string, number>, log: Log): Log => ({
  ...log,
  info: (message, facts) => {
    const { tenant } = facts ?? {}
    if (message === 'tenant configuration changed' && tenant !== undefined)
      changes.set(tenant, (changes.get(tenant) ?? 0) + 1)
    log.info(message, facts)
  },
})

const collectTurns = (messageLog: MessageLog, prefix: string): readonly TurnRecord[] => {
  const turns: TurnRecord[] = []
  const subscription = messageLog.subscribe({
    topic: topicNames(prefix).turns,
    group: `${prefix}test`,
    window: 1_000,
    onRecord: (record) => {
      turns.push(decodeTurn(record))
      subscription.finished(record)
    },
  })
  return turns
}

export const gatewayWorld = async (options: WorldOptions = {}): Promise<GatewayWorld> => {
  const [store, redisUrl, brokers] = await Promise.all([
    freshStore(),
    options.redisUrl ?? freshRedis().then(({ url }) => url),
    options.brokers ?? kafka().then((part) => part.brokers),
  ])
  const prefix = freshTopicPrefix()
  const messageLog = createKafkaLog({ log: silentLog }, { brokers, clientId: 'test' })
  await messageLog.ensureTopics(topicSpecs({ prefix, partitions: 2 }))
  const opened = await openRedisAt(redisUrl)
  const config = configFor({
    KONSTRUCT_DATABASE_URL: store.urls.app.reveal(),
    KONSTRUCT_REDIS_URL: redisUrl,
    KONSTRUCT_KAFKA_BROKERS: brokers.join(','),
    KONSTRUCT_TOPIC_PREFIX: prefix,
  })
  const gateways: TestGateway[] = []
  const clients: ChatClient[] = []
  const turns = collectTurns(messageLog, prefix)
  const world: GatewayWorld = {
    ...opened,
    store,
    messageLog,
    prefix,
    turns,
    config,
    start: async (changes = {}, log = silentLog) => {
      const tenants = new Map<string, number>()
      const gateway = await startGateway(
        { ...config, ...changes },
        {
          log: noteChanges(tenants, log),
          registry: new Registry(),
          stopping: new AbortController().signal,
        },
      )
      const started: TestGateway = {
        ...gateway,
        changes: tenants,
        url: `http://127.0.0.1:${gateway.port}`,
        adminUrl: `http://127.0.0.1:${gateway.adminPort}`,
        stop: async () => {
          gateways.splice(gateways.indexOf(started), 1)
          await gateway.stop()
        },
      }
      gateways.push(started)
      return started
    },
    publish: async (publication = aTenant()) => {
      const { tenant } = publication
      const before = new Map(gateways.map((gateway) => [gateway, gateway.changes.get(tenant) ?? 0]))
      await publishTenant(store.operator, publication)
      await waitUntil({ until: 'every gateway knows the tenant', everyMs: 10 }, () =>
        gateways.every((gateway) => (gateway.changes.get(tenant) ?? 0) > (before.get(gateway) ?? 0)),
      )
      return publication
    },
    visitor: async (gateway, tenant) => {
      const response = await fetch(`${gateway.url}/v1/tenants/${tenant}/visitors`, { method: 'POST' })
      return (await response.json()) as { token: string; user: string }
    },
    client: async (gateway, tenant) => {
      const { token } = await world.visitor(gateway, tenant)
      const client = await ChatClient.connect({ url: gateway.url, tenant, token })
      clients.push(client)
      return client
    },
    end: async () => {
      for (const client of clients) client.socket.terminate()
      while (gateways[0] !== undefined) await gateways[0].stop()
      opened.close()
      await messageLog.close()
      await store.close()
    },
  }
  return world
}
