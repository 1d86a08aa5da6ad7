// One Kafka broker that is its own controller (KRaft), small: a heap of 256 MB, few threads, one copy of everything.
// Topics are not made by accident: whoever needs one creates it.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { awaitReady } from './await-ready.ts'
import { containerArgs } from './container-engine.ts'
import { findKafka, type KafkaProgram } from './find-kafka.ts'
import { choosePort, freePort } from './free-port.ts'
import { logContains, type ProgramSpec, startLeashed } from './leashed-program.ts'
import {
  givenPart,
  loopback,
  ownPart,
  type Part,
  partFolder,
  type Report,
  reportToStderr,
  type StartOptions,
} from './part.ts'
import { runCommand } from './run-command.ts'

export interface KafkaPart extends Part {
  /** As clients want them: `host:port`, at least one. */
  readonly brokers: readonly string[]
}

interface Listener {
  readonly name: string
  /** `SSL`, `SASL_SSL` or `SASL_PLAINTEXT`. */
  readonly protocol: string
  readonly port: number
}

interface KafkaOptions extends StartOptions {
  /** Besides the one without TLS and passwords, which Kafka itself and its probe use. */
  readonly listeners?: readonly Listener[]
  /** Arguments for Kafka's tool when it makes a new folder, such as `--add-scram`. */
  readonly formatWith?: readonly string[]
}

interface Place {
  readonly folder: string
  readonly port: number
  readonly host: string
  readonly controllerPort: number
  readonly more: Pick<KafkaOptions, 'listeners' | 'formatWith' | 'settings'>
  readonly report: Report
}

/** Any 16 bytes in base64url; the folder of one broker never meets another's. */
const clusterId = 'a29uc3RydWN0LWRldi0wMQ'

const common = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  // A broker that was killed may come back only when its old session has ended; the default is 9 s.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'group.initial.rebalance.delay.ms': '0',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'log.cleaner.dedupe.buffer.size': '4194304',
}

const propertiesOf = ({ folder, port, host, controllerPort, more }: Place): string => {
  const listeners = more.listeners ?? []
  const addresses = [
    `PLAINTEXT://${host}:${port}`,
    ...listeners.map((each) => `${each.name}://${host}:${each.port}`),
  ]
  const protocols = listeners.map(({ name, protocol }) => `,${name}:${protocol}`).join('')
  return Object.entries({
    ...common,
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(),
    'advertised.listeners': addresses.join(),
    'listener.security.protocol.map': common['listener.security.protocol.map'] + protocols,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': join(folder, 'data'),
    ...more.settings,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

const javaArgs = (jars: string, main: string, args: readonly string[]): readonly string[] => [
  '-Xms128m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-cp',
  join(jars, '*'),
  main,
  ...args,
]

const ownProgram = async (java: string, jars: string, place: Place): Promise<ProgramSpec> => {
  const properties = join(place.folder, 'server.properties')
  writeFileSync(properties, propertiesOf(place))
  if (!existsSync(join(place.folder, 'data/meta.properties')))
    await runCommand({
      doing: 'formatting Kafka’s folder',
      command: java,
      args: javaArgs(jars, 'kafka.tools.StorageTool', [
        'format',
        '-t',
        clusterId,
        '-c',
        properties,
        ...(place.more.formatWith ?? []),
      ]),
      report: place.report,
    })
  return {
    name: 'kafka',
    command: java,
    args: javaArgs(jars, 'kafka.Kafka', [properties]),
    logFile: join(place.folder, 'kafka.log'),
  }
}

const containerProgram = (engine: string, { folder, port, host }: Place): ProgramSpec => {
  const settings = {
    ...common,
    listeners: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://127.0.0.1:9093`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'controller.quorum.voters': '1@127.0.0.1:9093',
  }
  const env = Object.entries(settings).map(([name, value]) => [
    `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
    value,
  ])
  return {
    name: 'kafka',
    command: engine,
    args: containerArgs({
      image: 'docker.io/apache/kafka:4.1.1',
      ports: new Map([[port, port]]),
      host,
      env: { ...(Object.fromEntries(env) as Record<string, string>), CLUSTER_ID: clusterId },
    }),
    logFile: join(folder, 'kafka.log'),
  }
}

const programOf = (found: KafkaProgram, place: Place): Promise<ProgramSpec> | ProgramSpec =>
  found.origin === 'container'
    ? containerProgram(found.engine, place)
    : ownProgram(found.java, found.jars, place)

/** Starts Kafka on 127.0.0.1, or takes the one that `KONSTRUCT_PART_KAFKA_BROKERS` names. */
export const startKafka = async (options: StartOptions = {}): Promise<KafkaPart> => {
  const given = process.env['KONSTRUCT_PART_KAFKA_BROKERS']
  if (given !== undefined && given !== '') return { ...givenPart('kafka'), brokers: given.split(',') }
  return startOwnKafka(options)
}

/** Starts a Kafka of one's own, whatever the environment names: for those who kill it. */
export const startOwnKafka = async (options: KafkaOptions = {}): Promise<KafkaPart> => {
  const { host = loopback, report = reportToStderr } = options
  const found = await findKafka(report)
  const { folder, temporary } = partFolder('kafka', options.folder)
  const port = await choosePort('Kafka', options.port, host)
  const spec = await programOf(found, {
    folder,
    port,
    host,
    controllerPort: await freePort(),
    more: options,
    report,
  })
  const program = await startLeashed({ ...spec, temporary })
  const probe = (): Promise<boolean> => Promise.resolve(logContains(program, 'Kafka Server started'))
  await awaitReady({ name: 'Kafka', program, deadlineMs: 120_000, probe })
  return { ...ownPart('kafka', found.origin, program), brokers: [`${host}:${port}`] }
}
