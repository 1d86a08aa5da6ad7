// Konstruct itself: the operator, the gateways and the orchestrators, on the demo's stores.
import type { Report } from '../parts/part.ts'
import type { DemoFolder } from './demo-folder.ts'
import type { DemoArguments } from './read-arguments.ts'
import { type DemoService, startService } from './start-service.ts'
import type { Stores } from './start-stores.ts'

/** Where Tenants and Agents come from. */
export interface DemoSource {
  /** The folder of those to begin with. */
  readonly manifests: string
  /** Of the API server that takes them; left out: the folder itself is followed. */
  readonly kubeconfig?: string
}

interface PlatformOptions {
  readonly folder: DemoFolder
  readonly stores: Stores
  readonly source: DemoSource
  readonly args: DemoArguments
  readonly report: Report
}

export interface Platform {
  readonly operator: DemoService
  /** In the order in which they should be stopped. */
  readonly services: readonly DemoService[]
  readonly gatewayUrls: readonly string[]
}

type Environment = Readonly<Record<string, string>>

const shared = ({ folder, stores }: PlatformOptions): Environment => ({
  KONSTRUCT_REDIS_URL: stores.redisUrl,
  KONSTRUCT_KAFKA_BROKERS: stores.kafkaBrokers.join(','),
  KONSTRUCT_SECRET_KEYS: folder.keys.secretKeys,
})

const sourceOf = ({ folder, source }: PlatformOptions): Environment =>
  source.kubeconfig === undefined
    ? {
        KONSTRUCT_SOURCE: 'folder',
        KONSTRUCT_MANIFESTS: source.manifests,
        KONSTRUCT_STATE_DIR: folder.folder('operator'),
      }
    : { KONSTRUCT_SOURCE: 'kubernetes', KUBECONFIG: source.kubeconfig }

const startNamed = (options: PlatformOptions, name: string, main: string, environment: Environment) =>
  startService({
    name,
    main,
    environment: { ...shared(options), ...environment },
    logFile: options.folder.log(name),
    report: options.report,
  })

const startGateway = (options: PlatformOptions, n: number): Promise<DemoService> =>
  startNamed(options, `gateway-${n + 1}`, 'services/gateway/main.ts', {
    KONSTRUCT_DATABASE_URL: options.stores.databases.app.reveal(),
    KONSTRUCT_VISITOR_KEY: options.folder.keys.visitorKey,
    KONSTRUCT_PORT: String(options.args.port + n),
  })

const startOrchestrator = (options: PlatformOptions, n: number): Promise<DemoService> =>
  startNamed(options, `orchestrator-${n + 1}`, 'services/orchestrator/main.ts', {
    KONSTRUCT_DATABASE_URL: options.stores.databases.app.reveal(),
  })

const startOperator = (options: PlatformOptions): Promise<DemoService> =>
  startNamed(options, 'operator', 'operator/main.ts', {
    ...sourceOf(options),
    KONSTRUCT_DATABASE_URL: options.stores.databases.operator.reveal(),
    KONSTRUCT_TOPIC_REPLICATION: '1',
  })

const count = <Value>(n: number, make: (index: number) => Promise<Value>): Promise<Value>[] =>
  Array.from({ length: n }, (_, index) => make(index))

export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const { args } = options
  const [operator, gateways, orchestrators] = await Promise.all([
    startOperator(options),
    Promise.all(count(args.gateways, (n) => startGateway(options, n))),
    Promise.all(count(args.orchestrators, (n) => startOrchestrator(options, n))),
  ])
  return {
    operator,
    services: [...gateways, ...orchestrators, operator],
    gatewayUrls: gateways.map((_, n) => `http://127.0.0.1:${args.port + n}`),
  }
}
