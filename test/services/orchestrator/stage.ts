// Real PostgreSQL, Redis and Kafka, a scripted model, and orchestrators on them: where the tests of whole turns play.
import { randomBytes, randomUUID } from 'node:crypto'
import { encodeTurn } from '../../../services/shared/bus/codecs/turn-v1.ts'
import { createKafkaLog } from '../../../services/shared/bus/kafka-log.ts'
import type { MessageLog } from '../../../services/shared/bus/message-log.ts'
import { topicNames, topicSpecs } from '../../../services/shared/bus/topics.ts'
import type { StreamEvent } from '../../../services/shared/domain/frames.ts'
import type { Message } from '../../../services/shared/domain/message.ts'
import type { AgentSpec } from '../../../services/shared/domain/resources/agent.ts'
import type { Limits, Model } from '../../../services/shared/domain/resources/tenant.ts'
import { modelSecretName, type TenantState } from '../../../services/shared/domain/tenant-config.ts'
import type { TurnRef } from '../../../services/shared/domain/turn.ts'
import { webchatResponseKey } from '../../../services/shared/redis/keys.ts'
import { readEvents } from '../../../services/shared/redis/live-stream.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { Secret } from '../../../services/shared/runtime/read-config.ts'
import { appendUserMessage } from '../../../services/shared/store/append-user-message.ts'
import { confirmPublished } from '../../../services/shared/store/open-turns.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { sealSecret } from '../../../services/shared/store/seal.ts'
import { startOrchestrator, type Orchestrator } from '../../../services/orchestrator/orchestrator.ts'
import { readOrchestratorConfig, type OrchestratorConfig } from '../../../services/orchestrator/config.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { freshStore, type FreshStore } from '../../support/fresh-store.ts'
import { openRedisAt, type OpenRedis } from '../../support/open-redis.ts'
import { freshTopicPrefix, kafka } from '../../support/parts.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { startScriptedModel, type ScriptedModel } from './scripted-model.ts'

export interface TenantChanges {
  readonly tenant?: string
  readonly state?: TenantState
  readonly instructions?: string
  readonly limits?: Partial<Limits>
  readonly model?: Partial<Model>
  readonly memory?: AgentSpec['memory']
  readonly agents?: readonly string[]
  readonly apiKey?: string | null
}

interface SendOptions {
  readonly tenant?: string
  readonly conversation?: string
  readonly user?: string
  readonly text?: string
  /** False: stored, but never told to Kafka. */
  readonly publish?: boolean
}

export interface StoredTurn {
  readonly state: string
  readonly code: string | null
  readonly attempt: number
  readonly inputTokens: number
  readonly outputTokens: number
}

const keys = `k1:${randomBytes(32).toString('base64')}`
const user = 'ann'

export interface StageParts {
  readonly redisUrl?: string
}

export class Stage {
  readonly store: FreshStore
  readonly model: ScriptedModel
  readonly redis: OpenRedis
  readonly bus: MessageLog
  readonly environment: Readonly<Record<string, string>>
  /** The tenant that `send` means. */
  readonly tenant = `tenant-${randomUUID().slice(0, 8)}`
  readonly #started = new Set<Orchestrator>()

  private constructor(given: Pick<Stage, 'store' | 'model' | 'redis' | 'bus' | 'environment'>) {
    this.store = given.store
    this.model = given.model
    this.redis = given.redis
    this.bus = given.bus
    this.environment = given.environment
  }

  static async set(parts: StageParts = {}): Promise<Stage> {
    const [store, redisUrl, { brokers }, model] = await Promise.all([
      freshStore(),
      parts.redisUrl ?? freshRedis().then(({ url }) => url),
      kafka(),
      startScriptedModel(),
    ])
    const prefix = freshTopicPrefix()
    const bus = createKafkaLog({ log: silentLog }, { brokers, clientId: 'test' })
    await bus.ensureTopics(topicSpecs({ prefix, partitions: 4 }))
    const environment = {
      KONSTRUCT_DATABASE_URL: store.urls.app.reveal(),
      KONSTRUCT_REDIS_URL: redisUrl,
      KONSTRUCT_KAFKA_BROKERS: brokers.join(','),
      KONSTRUCT_SECRET_KEYS: keys,
      KONSTRUCT_TOPIC_PREFIX: prefix,
      KONSTRUCT_HOST: '127.0.0.1',
      KONSTRUCT_ADMIN_PORT: '0',
      KONSTRUCT_LOG_LEVEL: 'error',
    }
    const redis = await openRedisAt(redisUrl)
    const stage = new Stage({ store, model, redis, bus, environment })
    await stage.publish()
    return stage
  }

  get config(): OrchestratorConfig {
    return readOrchestratorConfig(this.environment)
  }

  /** Starts an orchestrator, and waits until it gets turns from Kafka unless told otherwise. */
  async start(changes: Partial<OrchestratorConfig> = {}): Promise<Orchestrator> {
    const orchestrator = await startOrchestrator(
      { ...this.config, ...changes },
      silentLog,
      new AbortController().signal,
    )
    this.#started.add(orchestrator)
    await waitUntil({ until: 'the orchestrator is ready', deadlineMs: 20_000 }, async () => {
      const response = await fetch(`http://127.0.0.1:${orchestrator.adminPort}/readyz`)
      await response.text()
      return response.ok
    })
    return orchestrator
  }

  async stop(orchestrator: Orchestrator): Promise<void> {
    if (this.#started.delete(orchestrator)) await orchestrator.stop()
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#started].map((orchestrator) => this.stop(orchestrator)))
  }

  async strike(): Promise<void> {
    await this.stopAll()
    await Promise.all([this.bus.close(), this.model.close()])
    this.redis.close()
    await this.store.close()
  }

  async publish(changes: TenantChanges = {}): Promise<void> {
    const tenant = changes.tenant ?? this.tenant
    const spec = (name: string): AgentSpec => ({
      tenant,
      displayName: name,
      model: 'default',
      instructions: changes.instructions ?? 'Answer briefly.',
      memory: changes.memory ?? { maxMessages: 20, ttl: '24h' },
    })
    const model: Model = {
      name: 'default',
      openAICompatible: { baseURL: this.model.baseURL, model: 'demo' },
      timeouts: { firstTokenSeconds: 5, idleSeconds: 5, totalSeconds: 20 },
      maxOutputTokens: 1_000,
      ...changes.model,
    }
    const { keyring } = this.config
    const apiKey = changes.apiKey === undefined ? `key-of-${tenant}` : changes.apiKey
    await publishTenant(this.store.operator, {
      tenant,
      namespace: tenant,
      uid: tenant,
      state: changes.state ?? 'active',
      spec: {
        displayName: tenant,
        suspended: false,
        deletionPolicy: 'Delete',
        models: [model],
        channels: {},
        limits: {
          rates: [],
          maxConcurrentTurns: 8,
          maxWaitingTurns: 1_000,
          maxMessageBytes: 16_384,
          ...changes.limits,
        },
      },
      web: null,
      agents: (changes.agents ?? ['support']).map((name) => ({ name, spec: spec(name) })),
      secrets:
        apiKey === null ? [] : [sealSecret(keyring, tenant, modelSecretName('default'), new Secret(apiKey))],
    })
  }

  /** Does what the gateway does: stores the message, then tells Kafka. */
  async send(options: SendOptions = {}): Promise<TurnRef> {
    const tenant = options.tenant ?? this.tenant
    const conversation = options.conversation ?? randomUUID()
    const { turn } = await appendUserMessage(this.store.app, {
      tenant,
      channel: 'web',
      conversation,
      clientMessageId: randomUUID(),
      user: options.user ?? user,
      agent: 'support',
      text: options.text ?? 'Hello',
      maxWaitingTurns: 10_000,
      budget: null,
    })
    const ref = { tenant, conversation, turn }
    if (options.publish !== false) await this.tell(ref)
    return ref
  }

  async tell(ref: TurnRef): Promise<void> {
    await this.bus.publish(topicNames(this.environment['KONSTRUCT_TOPIC_PREFIX']).turns, [
      encodeTurn({ ...ref, enqueuedAt: Date.now() }),
    ])
    await confirmPublished(this.store.app, [ref])
  }

  turn(ref: TurnRef): Promise<StoredTurn> {
    return this.store.app.withTenant(ref.tenant, async (tx) => {
      const [row] = await tx.query<StoredTurn>(
        `select state, error_code as code, attempt, input_tokens as "inputTokens", output_tokens as "outputTokens"
         from konstruct.turns where id = $1`,
        [ref.turn],
      )
      if (row === undefined) throw new Error('There is no such turn.')
      return row
    })
  }

  /** All replies that are stored for a turn: one, if all is well. */
  replies(ref: TurnRef): Promise<readonly Pick<Message, 'text' | 'finish'>[]> {
    return this.store.app.withTenant(ref.tenant, (tx) =>
      tx.query<Pick<Message, 'text' | 'finish'>>(
        `select text, finish from konstruct.messages where turn_id = $1 and role = 'agent'`,
        [ref.turn],
      ),
    )
  }

  /** Turns that are not yet closed. */
  async open(tenant = this.tenant): Promise<number> {
    const rows = await this.store.app.acrossTenants((tx) =>
      tx.query<{ count: number }>(
        'select count(*)::int as count from konstruct.open_turns where tenant_id = $1',
        [tenant],
      ),
    )
    return rows[0]?.count ?? 0
  }

  /** What the live stream of a conversation holds of a turn. */
  async events({ tenant, conversation, turn }: TurnRef): Promise<readonly StreamEvent[]> {
    const { events } = await readEvents(this.redis.redis, webchatResponseKey(tenant, conversation))
    return events
      .map((text) => JSON.parse(text) as StreamEvent)
      .filter((event) =>
        event.kind === 'message' ? event.message.turn === turn : 'turn' in event && event.turn === turn,
      )
  }

  /** Waits until the turn has ended and was announced, and gives how. */
  async ended(ref: TurnRef, deadlineMs = 10_000): Promise<StoredTurn> {
    await waitUntil({ until: `turn ${ref.turn} is announced`, deadlineMs }, async () =>
      (await this.events(ref)).some(
        (event) => event.kind === 'state' && ['answered', 'failed', 'stopped'].includes(event.state),
      ),
    )
    return this.turn(ref)
  }
}

/** What a reader of these events has on the screen just before the final message. */
export const writtenText = (events: readonly StreamEvent[]): string =>
  events.reduce(
    (text, event) => (event.kind === 'restarted' ? '' : event.kind === 'delta' ? text + event.text : text),
    '',
  )
