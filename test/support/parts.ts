// The real parts that tests share: each is started when first asked for, once per mocha process, and stopped by the
// root hooks. A test file never stops a shared part; it takes its own database, key space or topics from it.
import { randomBytes } from 'node:crypto'
import { type KafkaPart, startKafka, startOwnKafka } from '../../dev/parts/kafka.ts'
import { type KubePart, startKubeApiserver, startOwnKubeApiserver } from '../../dev/parts/kube-apiserver.ts'
import { type PostgresPart, startOwnPostgres, startPostgres } from '../../dev/parts/postgres.ts'
import { type PrometheusPart, startPrometheus } from '../../dev/parts/prometheus.ts'
import { type RedisPart, startOwnRedis, startRedis } from '../../dev/parts/redis.ts'

interface Stoppable {
  stop(): Promise<void>
}

interface OwnOptions {
  readonly host?: string
  readonly folder?: string
  readonly port?: number
  readonly settings?: Readonly<Record<string, string>>
}

const started: Promise<Stoppable>[] = []

/** Starts the part when first asked, once; it is stopped with all others. */
export const sharedPart = <Part extends Stoppable>(start: () => Promise<Part>): (() => Promise<Part>) => {
  let part: Promise<Part> | undefined
  return () => {
    if (part === undefined) {
      part = start()
      started.push(part)
    }
    return part
  }
}

/** The shared PostgreSQL; most tests want `freshDatabase` of it. */
export const postgres: () => Promise<PostgresPart> = sharedPart(() => startPostgres({ durable: false }))

/** The shared Redis; most tests want `freshRedis` of it. */
export const redis: () => Promise<RedisPart> = sharedPart(() => startRedis())

/** The shared Kafka; each test file names its topics with a prefix of its own, see `freshTopicPrefix`. */
export const kafka: () => Promise<KafkaPart> = sharedPart(() => startKafka())

/** The shared kube-apiserver; each test file takes a namespace of its own, see `freshNamespace` in kube.ts. */
export const kubeApiserver: () => Promise<KubePart> = sharedPart(() => startKubeApiserver({ durable: false }))

const own = <Part extends Stoppable>(part: Promise<Part>): Promise<Part> => {
  started.push(part)
  return part
}

/** A Redis of one's own, to flush or to kill; it is stopped at the end when the test does not. */
export const ownRedis = (options: OwnOptions = {}): Promise<RedisPart> => own(startOwnRedis(options))

/** A PostgreSQL of one's own, to kill; with a folder it can be started again on the same data and port. */
export const ownPostgres = (options: OwnOptions = {}): Promise<PostgresPart> =>
  own(startOwnPostgres({ durable: false, ...options }))

/** A Kafka of one's own, to kill; with a folder it can be started again on the same data and port. */
export const ownKafka = (options: Parameters<typeof startOwnKafka>[0] = {}): Promise<KafkaPart> =>
  own(startOwnKafka(options))

/** A kube-apiserver of one's own, to kill; with a folder it can be started again on the same data and port. */
export const ownKubeApiserver = (options: OwnOptions = {}): Promise<KubePart> =>
  own(startOwnKubeApiserver({ durable: false, ...options }))

/** A Prometheus of one's own, with that text as its configuration file. */
export const ownPrometheus = (configuration: string): Promise<PrometheusPart> =>
  own(startPrometheus({ configuration }))

/** A beginning for the names of topics and groups that no other test file has. */
export const freshTopicPrefix = (): string => `test-${randomBytes(6).toString('hex')}.`

/** Stops every part that was started, newest first. Called by the root hooks. */
export const stopParts = async (): Promise<void> => {
  for (const part of started.splice(0).toReversed()) {
    const [result] = await Promise.allSettled([part])
    if (result.status === 'fulfilled') await result.value.stop()
  }
}
