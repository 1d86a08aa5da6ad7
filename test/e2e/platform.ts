// Konstruct as it runs: gateways, orchestrators and, where a test wants one, an operator, each a process of its own, on a
// database, a Redis and topics that no other test has. Tests talk to it as people do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../dev/parts/free-port.ts'
import type { RedisPart } from '../../dev/parts/redis.ts'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { topicSpecs } from '../../services/shared/bus/topics.ts'
import type { Limits } from '../../services/shared/domain/resources/tenant.ts'
import type { TurnRef } from '../../services/shared/domain/turn.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { publishTenant } from '../../services/shared/store/publish-tenant.ts'
import { aTenant, freshTenantName, testKeyring } from '../support/a-tenant.ts'
import { freshStore, type FreshStore } from '../support/fresh-store.ts'
import { freshTopicPrefix, kafka, ownRedis } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { startChild, type ChildService } from './child-service.ts'
import { Person } from './person.ts'
import { TalkingModel } from './talking-model.ts'

type Settings = Readonly<Record<string, string>>

export interface GatewayProcess extends ChildService {
  readonly url: string
}

interface PlatformOptions {
  readonly gateways?: number
  readonly orchestrators?: number
  /** Manifests for an operator are read from `platform.manifests`. */
  readonly operator?: boolean
  /** Of all processes. */
  readonly settings?: Settings
  readonly store?: FreshStore
  readonly brokers?: readonly string[]
}

interface TenantOptions {
  readonly name?: string
  readonly instructions?: string
  readonly limits?: Partial<Limits>
  /** In everything that its model says. */
  readonly canary?: string
}

interface Visitor {
  readonly token: string
  readonly user: string
}

export interface TalkingTenant {
  readonly tenant: string
  readonly model: TalkingModel
}

const keyringSetting = [...testKeyring].map(([id, key]) => `${id}:${key.reveal()}`).join(',')

const commonSettings: Settings = {
  KONSTRUCT_SECRET_KEYS: keyringSetting,
  KONSTRUCT_VISITOR_KEY: 'only-for-tests-only-for-tests-32',
  KONSTRUCT_VISITORS_PER_MINUTE: '100000',
  KONSTRUCT_VISITORS_BURST: '100000',
  KONSTRUCT_DATABASE_POOL: '8',
  KONSTRUCT_DRAIN_SPREAD_MS: '500',
  // Long against a pause of a busy machine, which would hand turns over; a test of that says less.
  KONSTRUCT_LEASE_MS: '10000',
  // Everything that could be said in a log is, so that what must not be said would be found.
  KONSTRUCT_LOG_LEVEL: 'debug',
  KONSTRUCT_TOPIC_PARTITIONS: '4',
}

const count = <Value>(n: number, make: () => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: Math.max(n, 0) }, make))

export class Platform {
  readonly store: FreshStore
  readonly brokers: readonly string[]
  readonly prefix = freshTopicPrefix()
  readonly gateways: GatewayProcess[] = []
  readonly orchestrators: ChildService[] = []
  operator: ChildService | undefined
  redis: RedisPart
  readonly manifests: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'konstruct-e2e-'))
  readonly #settings: Settings
  readonly #started: ChildService[] = []
  #names = 0
  readonly #models: TalkingModel[] = []
  readonly #people: Person[] = []

  private constructor(given: Pick<Platform, 'store' | 'brokers' | 'redis'>, settings: Settings) {
    this.store = given.store
    this.brokers = given.brokers
    this.redis = given.redis
    this.manifests = join(this.#folder, 'manifests')
    mkdirSync(this.manifests)
    // An empty folder is taken for a volume that is not there yet.
    writeFileSync(join(this.manifests, 'empty.yaml'), '')
    this.#settings = {
      ...commonSettings,
      KONSTRUCT_REDIS_URL: given.redis.url,
      KONSTRUCT_KAFKA_BROKERS: given.brokers.join(','),
      KONSTRUCT_TOPIC_PREFIX: this.prefix,
      ...settings,
    }
  }

  /** Resolves when all of it is ready. */
  static async start(options: PlatformOptions = {}): Promise<Platform> {
    const { gateways = 1, orchestrators = 1, operator = false, settings = {} } = options
    const [store, brokers, redis] = await Promise.all([
      options.store ?? freshStore(),
      options.brokers ?? kafka().then((part) => part.brokers),
      ownRedis(),
    ])
    const platform = new Platform({ store, brokers, redis }, settings)
    try {
      if (operator) await platform.startOperator()
      else await platform.makeTopics()
      await Promise.all([
        count(gateways, () => platform.startGateway()),
        count(orchestrators, () => platform.startOrchestrator()),
      ])
    } catch (thrown) {
      await platform.end()
      throw thrown
    }
    return platform
  }

  async makeTopics(): Promise<void> {
    const log = createKafkaLog({ log: silentLog }, { brokers: this.brokers, clientId: 'test' })
    await log.ensureTopics(topicSpecs({ prefix: this.prefix, partitions: 4 }))
    await log.close()
  }

  async startGateway(settings: Settings = {}): Promise<GatewayProcess> {
    const port = await freePort()
    const child = await this.#start('gateway', 'services/gateway/main.ts', {
      KONSTRUCT_DATABASE_URL: this.store.urls.app.reveal(),
      KONSTRUCT_PORT: String(port),
      ...settings,
    })
    const gateway = Object.assign(child, { url: `http://127.0.0.1:${port}` })
    this.gateways.push(gateway)
    return gateway
  }

  async startOrchestrator(settings: Settings = {}): Promise<ChildService> {
    const child = await this.#start('orchestrator', 'services/orchestrator/main.ts', {
      KONSTRUCT_DATABASE_URL: this.store.urls.app.reveal(),
      ...settings,
    })
    this.orchestrators.push(child)
    return child
  }

  async startOperator(): Promise<ChildService> {
    this.operator = await this.#start('operator', 'operator/main.ts', {
      KONSTRUCT_DATABASE_URL: this.store.urls.operator.reveal(),
      KONSTRUCT_SOURCE: 'folder',
      KONSTRUCT_MANIFESTS: this.manifests,
      KONSTRUCT_STATE_DIR: join(this.#folder, 'operator'),
    })
    return this.operator
  }

  /** Starts what is missing to that many, as Kubernetes would. */
  async restore({ gateways = 0, orchestrators = 0 }: Pick<PlatformOptions, 'gateways' | 'orchestrators'>) {
    await Promise.all([
      count(gateways - this.gateways.length, () => this.startGateway()),
      count(orchestrators - this.orchestrators.length, () => this.startOrchestrator()),
    ])
  }

  /** Ends a process as a crash would. */
  async kill(child: ChildService): Promise<void> {
    this.#forget(child)
    await child.kill()
  }

  /** Asks a process to end, and waits until it has. */
  async stop(child: ChildService): Promise<void> {
    this.#forget(child)
    await child.stop()
  }

  /** The orchestrator that holds the turn. */
  async workerOf({ tenant, turn }: Pick<TurnRef, 'tenant' | 'turn'>): Promise<ChildService> {
    const worker = await this.store.app.withTenant(tenant, async (tx) => {
      const [row] = await tx.query<{ worker: string }>(
        'select worker from konstruct.open_turns where turn_id = $1',
        [turn],
      )
      return row?.worker ?? ''
    })
    const child = this.orchestrators.find(({ pid }) => worker.split('/')[1] === String(pid))
    if (child === undefined)
      throw new Error(`No orchestrator that runs here holds the turn; "${worker}" does.`)
    return child
  }

  async flushRedis(): Promise<void> {
    const client = new Redis(this.redis.url)
    await client.flushall()
    client.disconnect()
  }

  /** Kills Redis and starts it on the same port, empty. */
  async restartRedis(): Promise<void> {
    const { url } = this.redis
    await this.redis.kill()
    this.redis = await ownRedis({ port: Number(new URL(url).port) })
  }

  /** A tenant with the agent `support` and a model of its own, published as the operator would, known to all gateways. */
  async tenant(options: TenantOptions = {}): Promise<TalkingTenant> {
    const { name = freshTenantName(), limits = {}, instructions = 'Answer.' } = options
    const model = await this.model(options.canary)
    const publication = aTenant({ name, limits, agents: { support: null } })
    const openAICompatible = { baseURL: model.baseURL, model: 'talking' }
    const timeouts = { firstTokenSeconds: 60, idleSeconds: 60, totalSeconds: 120 }
    await publishTenant(this.store.operator, {
      ...publication,
      spec: {
        ...publication.spec,
        models: [{ name: 'default', openAICompatible, timeouts, maxOutputTokens: 4_000 }],
      },
      agents: publication.agents.map((agent) => ({ ...agent, spec: { ...agent.spec, instructions } })),
    })
    await this.knows(name)
    return { tenant: name, model }
  }

  /** A model that is closed with the platform. */
  async model(canary?: string): Promise<TalkingModel> {
    const model = await TalkingModel.start(canary)
    this.#models.push(model)
    return model
  }

  /** Waits until every gateway serves the tenant. */
  async knows(tenant: string): Promise<void> {
    await waitUntil({ until: `every gateway serves ${tenant}`, deadlineMs: 20_000 }, async () => {
      const answers = await Promise.all(this.gateways.map(({ url }) => this.#askVisitor(url, tenant)))
      return answers.every(({ status }) => status === 201)
    })
  }

  /** A new visitor, connected to the gateway of that number. */
  async person(tenant: string, gateway = 0): Promise<Person> {
    const { url } = this.gateways[gateway] ?? { url: '' }
    const { token, user } = (await (await this.#askVisitor(url, tenant)).json()) as Visitor
    return this.#come({ tenant, token, user }, gateway)
  }

  /** The same visitor on another screen. */
  sameAs({ tenant, token, user }: Person, gateway: number): Promise<Person> {
    return this.#come({ tenant, token, user }, gateway)
  }

  /** Logs of all processes that ever ran. */
  get logs(): string {
    return this.#started.map((child) => child.log()).join('')
  }

  /** @throws when a process has ended without being asked to: whatever else held, that must not happen */
  async end(): Promise<void> {
    const crashes = this.#started.flatMap(({ crash }) => crash ?? [])
    await Promise.all(this.#people.map((person) => person.leave()))
    await Promise.all(this.#started.map((child) => child.kill()))
    await Promise.all([...this.#models.map((model) => model.close()), this.redis.stop(), this.store.close()])
    rmSync(this.#folder, { recursive: true, force: true })
    if (crashes.length > 0) throw new Error(crashes.join('\n'))
  }

  #come(visitor: Visitor & { readonly tenant: string }, gateway: number): Promise<Person> {
    const person = new Person({ ...visitor, gateways: () => this.gateways.map(({ url }) => url) })
    this.#people.push(person)
    return person.come(gateway)
  }

  #forget(child: ChildService): void {
    for (const list of [this.gateways, this.orchestrators] as ChildService[][])
      if (list.includes(child)) list.splice(list.indexOf(child), 1)
  }

  async #start(part: string, main: string, settings: Settings): Promise<ChildService> {
    this.#names += 1
    const name = `${part}-${this.#names}`
    const logFile = join(this.#folder, `${name}.log`)
    const child = await startChild({ name, main, environment: { ...this.#settings, ...settings }, logFile })
    this.#started.push(child)
    return child
  }

  #askVisitor(url: string, tenant: string): Promise<Response> {
    return fetch(`${url}/v1/tenants/${tenant}/visitors`, { method: 'POST' })
  }
}
