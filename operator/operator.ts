// The operator put together. What only looks (the source, the admin port) starts at once, also on a standby, so that
// its memory is warm; what writes (the controller, the isolation watch, the topics) starts when this process leads,
// and for good: who loses the lead must exit.
import type { Registry } from 'prom-client'
import { kafkaAccess } from '../services/shared/bus/kafka-access.ts'
import { createKafkaLog } from '../services/shared/bus/kafka-log.ts'
import type { MessageLog, TopicSpec } from '../services/shared/bus/message-log.ts'
import { topicSpecs } from '../services/shared/bus/topics.ts'
import { RedisConnection } from '../services/shared/redis/redis-connection.ts'
import { type AdminServer, startAdminServer } from '../services/shared/runtime/admin-server.ts'
import { KonstructError } from '../services/shared/runtime/errors.ts'
import { FirstContact } from '../services/shared/runtime/first-contact.ts'
import type { Log } from '../services/shared/runtime/log.ts'
import { createRegistry } from '../services/shared/runtime/process-metrics.ts'
import type { RunningService } from '../services/shared/runtime/run-service.ts'
import { watchStores } from '../services/shared/runtime/store-metrics.ts'
import { Database } from '../services/shared/store/database.ts'
import { watchOpenTurns } from '../services/shared/store/open-turn-metrics.ts'
import type { OperatorConfig } from './config.ts'
import { describeStatus } from './describe-status.ts'
import { systemClock } from './loop/clock.ts'
import { Controller } from './loop/controller.ts'
import { createLoopMetrics, type LoopMetrics } from './loop/metrics.ts'
import { WorkQueue } from './loop/work-queue.ts'
import { openWorld, type World } from './open-world.ts'
import { IsolationWatch } from './platform/isolation-watch.ts'
import { OrphanSweep } from './platform/orphan-sweep.ts'
import { TopicKeeper } from './platform/topic-keeper.ts'
import { tenantKey } from './source/desired-source.ts'
import { createReconcile } from './tenant/reconcile.ts'
import { createTenantMetrics } from './tenant/tenant-metrics.ts'
import type { ResourceSchemas } from './validation/resource-schemas.ts'

export interface Operator extends RunningService {
  readonly adminPort: number
}

export interface OperatorPorts {
  readonly log: Log
  readonly schemas: ResourceSchemas
  /** The process must end now: another operator leads. */
  readonly onLeadershipLost: () => void
}

/** Between two looks, in milliseconds. */
const topicsMs = 60_000
const orphansMs = 300_000
/** How long all that runs may take to end; the rest of the stop must fit into Kubernetes' 30 s too. */
const drainMs = 20_000

interface Stores {
  readonly database: Database
  readonly redis: RedisConnection
  readonly bus: MessageLog
}

const openStores = (config: OperatorConfig, log: Log): Stores => {
  const name = 'konstruct-operator'
  return {
    database: new Database({ url: config.databaseUrl, poolSize: config.databasePool, application: name }),
    redis: new RedisConnection({ url: config.redisUrl, name, log }),
    bus: createKafkaLog({ log }, { ...kafkaAccess(config), clientId: name }),
  }
}

const watch = (registry: Registry, { database, redis, bus }: Stores, log: Log): FirstContact => {
  const checks = {
    postgres: () => database.check(),
    redis: () => redis.check(),
    kafka: () => bus.check(),
  }
  watchStores(registry, checks)
  // The orchestrators tell it too, but they may all be gone, and then it matters most.
  watchOpenTurns(registry, database)
  return new FirstContact({ log }, checks)
}

const topicsOf = (config: OperatorConfig): readonly TopicSpec[] =>
  topicSpecs({
    prefix: config.topicPrefix,
    partitions: config.topicPartitions,
    replication: config.topicReplication,
  })

interface Shared {
  readonly stores: Stores
  readonly world: World
  readonly registry: Registry
  readonly metrics: LoopMetrics
  readonly log: Log
  readonly schemas: ResourceSchemas
}

/** What looks after all tenants together. */
const createKeepers = (
  config: OperatorConfig,
  { stores, world, registry, log }: Shared,
  queue: WorkQueue,
) => {
  const { database, bus } = stores
  const { source } = world
  const clock = systemClock
  const onChange = (): void => {
    for (const { namespace, name } of source.tenants()) queue.add(tenantKey(namespace, name), 'sweep')
  }
  return {
    isolation: new IsolationWatch(
      { database, clock, log, registry },
      { everyMs: config.isolationSeconds * 1_000, onChange },
    ),
    topics: new TopicKeeper(
      { bus, clock, log, registry },
      { topics: topicsOf(config), everyMs: topicsMs, onChange },
    ),
    orphans: new OrphanSweep({ database, source, queue, clock, log }, { everyMs: orphansMs }),
  }
}

const createController = (
  { workers, keyring }: OperatorConfig,
  { stores, world, registry, metrics, log, schemas }: Shared,
  { queue, isolation, topics }: { queue: WorkQueue; isolation: IsolationWatch; topics: TopicKeeper },
): Controller => {
  const clock = systemClock
  const reconcile = createReconcile({
    source: world.source,
    schemas,
    database: stores.database,
    redis: stores.redis,
    keyring,
    isolation: () => isolation.verdict(),
    missingTopics: () => topics.missing(),
    clock,
    metrics: createTenantMetrics(registry),
    receipts: new Map(),
    assertLeading: () => {
      if (!world.leadership.leads()) throw new KonstructError('LEASE_LOST')
    },
    log,
  })
  return new Controller({ queue, reconcile, clock, metrics: metrics.controller('tenant'), log }, { workers })
}

const startAdmin = (
  config: OperatorConfig,
  { registry, world }: Shared,
  { controller, contact }: { controller: Controller; contact: FirstContact },
): Promise<AdminServer> =>
  startAdminServer({
    port: config.adminPort,
    host: config.adminHost,
    registry,
    live: [['workers', () => controller.isAlive()]],
    ready: [['resources', () => world.source.hasSynced], ...contact.ready],
    pages: { '/status': () => describeStatus(world.source) },
  })

/** @throws KonstructError when the configuration cannot work; whatever is only away is waited for */
export const startOperator = async (config: OperatorConfig, ports: OperatorPorts): Promise<Operator> => {
  const { log, schemas } = ports
  const registry = createRegistry()
  const metrics = createLoopMetrics(registry)
  const world = await openWorld({ schemas, registry, metrics, log }, config)
  const stores = openStores(config, log)
  const contact = watch(registry, stores, log)
  const shared: Shared = { stores, world, registry, metrics, log, schemas }
  const queue = new WorkQueue({ clock: systemClock, metrics: metrics.queue('tenant') })
  const keepers = createKeepers(config, shared, queue)
  const controller = createController(config, shared, { queue, ...keepers })
  const admin = await startAdmin(config, shared, { controller, contact })
  world.source.watch((key, lane) => queue.add(key, lane))
  world.leadership.start({
    onElected: () => {
      for (const loop of [...Object.values(keepers), controller]) loop.start()
    },
    onLost: ports.onLeadershipLost,
  })
  return {
    adminPort: admin.port,
    stop: async () => {
      contact.stop()
      await Promise.all([controller, ...Object.values(keepers)].map((loop) => loop.stop(drainMs)))
      await world.leadership.stop()
      await world.close()
      stores.redis.close()
      await Promise.all([stores.database.close(), stores.bus.close(), admin.close()])
    },
  }
}
