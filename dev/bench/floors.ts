// What the stores take by themselves, on the very brokers that Konstruct uses: the least that any product on them would add.
//   kafka   produced → consumed, acks=all, by the same client library
//   redis   published → heard
//   commit  one row inserted and committed durably
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { createKafkaLog } from '../../services/shared/bus/kafka-log.ts'
import { silentLog } from '../../services/shared/runtime/log.ts'
import { stopwatch } from './line.ts'

export interface Floor {
  readonly name: string
  /** Milliseconds of one go. */
  measure(): Promise<number>
  close(): Promise<void>
}

/** A lost connection fails what is measured on it; nobody has to hear of it twice. */
const heardByWhoeverAsks = (): void => {}

const topic = 'bench.floor'
const channel = 'bench:floor'

const kafkaFloor = async (brokers: readonly string[]): Promise<Floor> => {
  const bus = createKafkaLog({ log: silentLog }, { brokers, clientId: 'bench-floor' })
  await bus.ensureTopics([{ name: topic, partitions: 1, replication: 1, config: {} }])
  let heard: () => void = () => {}
  const subscription = bus.subscribe({
    topic,
    group: topic,
    window: 100,
    onRecord: (record) => {
      heard()
      subscription.finished(record)
    },
  })
  while (!subscription.joined) await sleep(20)
  return {
    name: 'kafka',
    measure: async () => {
      const taken = Promise.withResolvers<number>()
      const elapsed = stopwatch()
      heard = () => taken.resolve(elapsed())
      await bus.publish(topic, [{ key: 'floor', value: 'x'.repeat(250) }])
      return taken.promise
    },
    close: () => bus.close(),
  }
}

const redisFloor = async (url: string): Promise<Floor> => {
  const publisher = new Redis(url)
  const subscriber = new Redis(url)
  for (const redis of [publisher, subscriber]) redis.on('error', heardByWhoeverAsks)
  await subscriber.subscribe(channel)
  return {
    name: 'redis',
    measure: async () => {
      const elapsed = stopwatch()
      const heard = once(subscriber, 'message')
      await Promise.all([publisher.publish(channel, 'x'.repeat(250)), heard])
      return elapsed()
    },
    close: () => {
      publisher.disconnect()
      subscriber.disconnect()
      return Promise.resolve()
    },
  }
}

const commitFloor = async (url: string): Promise<Floor> => {
  const client = new Client({ connectionString: url })
  client.on('error', heardByWhoeverAsks)
  await client.connect()
  await client.query('create schema bench create table floor (id bigserial primary key, body text)')
  return {
    name: 'commit',
    measure: async () => {
      const elapsed = stopwatch()
      await client.query('insert into bench.floor (body) values ($1)', ['x'.repeat(250)])
      return elapsed()
    },
    close: () => client.end(),
  }
}

interface StoreAddresses {
  readonly kafkaBrokers: readonly string[]
  readonly redisUrl: string
  /** Of a role that may make a table. */
  readonly databaseUrl: string
}

export const openFloors = ({
  kafkaBrokers,
  redisUrl,
  databaseUrl,
}: StoreAddresses): Promise<readonly Floor[]> =>
  Promise.all([kafkaFloor(kafkaBrokers), redisFloor(redisUrl), commitFloor(databaseUrl)])

export const measureFloor = async (floor: Floor, times: number): Promise<readonly number[]> => {
  const samples: number[] = []
  for (let n = 0; n < times; n += 1) {
    samples.push(await floor.measure())
    await sleep(2 + Math.random() * 4)
  }
  return samples
}
