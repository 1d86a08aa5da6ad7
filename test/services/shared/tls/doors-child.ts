// Goes through each door that it is told of, once, and prints as JSON how each went: `in`, or why not. A process of its
// own, because Node reads NODE_EXTRA_CA_CERTS when it starts.
import { kafkaAccess } from '../../../../services/shared/bus/kafka-access.ts'
import { createKafkaLog } from '../../../../services/shared/bus/kafka-log.ts'
import { ChannelSubscriber } from '../../../../services/shared/redis/channel-subscriber.ts'
import { webchatResponseKey } from '../../../../services/shared/redis/keys.ts'
import { RedisConnection } from '../../../../services/shared/redis/redis-connection.ts'
import { explainRefusal } from '../../../../services/shared/runtime/explain-refusal.ts'
import { createLog, type Log } from '../../../../services/shared/runtime/log.ts'
import { partSettings } from '../../../../services/shared/runtime/part-settings.ts'
import { readConfig, Secret } from '../../../../services/shared/runtime/read-config.ts'
import { connect } from '../../../../services/shared/store/connect.ts'
import { Database } from '../../../../services/shared/store/database.ts'
import { waitUntil } from '../../../support/wait-until.ts'

export interface Doors {
  readonly postgres?: string
  readonly redis?: string
  /** Settings of each way in, by its name. */
  readonly kafka?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly https?: string
}

type Passage = readonly [door: string, pass: (log: Log) => Promise<unknown>]

const postgresPassages = (text: string): readonly Passage[] => {
  const url = new Secret(text)
  const pool = async (): Promise<void> => {
    const database = new Database({ url, poolSize: 2, application: 'test' })
    try {
      await database.check()
    } finally {
      await database.close()
    }
  }
  const single = async (): Promise<void> => {
    const client = await connect(url, 'test')
    try {
      await client.query('select 1')
    } finally {
      await client.end()
    }
  }
  return [
    ['postgres', pool],
    ['postgres, one connection', single],
  ]
}

const key = webchatResponseKey('acme', 'one')

/** What is said by one connection is heard by the other. */
const talk = async (redis: RedisConnection, subscriber: ChannelSubscriber): Promise<void> => {
  await waitUntil({ until: 'both are in', deadlineMs: 3_000 }, () => redis.ready && subscriber.ready)
  const heard = Promise.withResolvers<string>()
  await subscriber.listen(key, heard.resolve)
  await redis.publish(key, 'hello')
  await heard.promise
}

const redisPassage = (url: string): Passage => [
  'redis',
  async (log) => {
    const options = { url: new Secret(url), name: 'test', log }
    const [redis, subscriber] = [new RedisConnection(options), new ChannelSubscriber(options)]
    try {
      await talk(redis, subscriber).catch(async (thrown: unknown) => {
        await redis.check()
        throw thrown
      })
    } finally {
      redis.close()
      subscriber.close()
    }
  },
]

const kafkaPassage = (name: string, settings: Readonly<Record<string, string>>): Passage => [
  `kafka ${name}`,
  async (log) => {
    const config = readConfig(partSettings, { KONSTRUCT_REDIS_URL: 'redis://none', ...settings })
    const bus = createKafkaLog({ log }, { ...kafkaAccess(config), clientId: 'test' })
    const topic = `doors-${name}`
    try {
      await bus.check()
      await bus.ensureTopics([{ name: topic, partitions: 1, replication: 1, config: {} }])
      await bus.publish(topic, [{ key: 'k', value: 'hello' }])
      const heard = Promise.withResolvers<void>()
      bus.subscribe({ topic, group: topic, window: 1, onRecord: () => heard.resolve() })
      await heard.promise
    } finally {
      await bus.close()
    }
  },
]

const pass = async ([door, passage]: Passage): Promise<readonly [string, string]> => {
  try {
    await passage(createLog({ part: 'test', level: 'debug' }))
    return [door, 'in']
  } catch (thrown) {
    return [door, explainRefusal(thrown) ?? String(thrown)]
  }
}

const { postgres, redis, kafka = {}, https } = JSON.parse(process.env['DOORS'] ?? '{}') as Doors
const passages = [
  ...(postgres === undefined ? [] : postgresPassages(postgres)),
  ...(redis === undefined ? [] : [redisPassage(redis)]),
  ...Object.entries(kafka).map(([name, settings]) => kafkaPassage(name, settings)),
  ...(https === undefined ? [] : [['https', () => fetch(https)] as Passage]),
]
const results = Object.fromEntries(await Promise.all(passages.map(pass)))
process.stdout.write(`\n${JSON.stringify({ results })}\n`, () => process.exit(0))
