// What happens to the message log while Kafka is away. Each test has a broker of its own, to kill.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KafkaPart } from '../../../../dev/parts/kafka.ts'
import { freePort } from '../../../../dev/parts/free-port.ts'
import { createKafkaLog } from '../../../../services/shared/bus/kafka-log.ts'
import type { MessageLog } from '../../../../services/shared/bus/message-log.ts'
import { silentLog } from '../../../../services/shared/runtime/log.ts'
import {
  type Follower,
  follow,
  numbersOf,
  publishNumbers,
  publishSteadily,
} from '../../../contracts/message-log-follower.ts'
import { ownKafka } from '../../../support/parts.ts'
import { waitUntil } from '../../../support/wait-until.ts'
import { within } from '../../../support/within.ts'

const publishTimeoutMs = 2_000
const unavailable = { code: 'BUS_UNAVAILABLE' }
const topic = { name: 'turns', partitions: 4, replication: 1, config: {} }

describe('the message log while Kafka is away', function () {
  this.timeout(120_000)

  let folder: string
  let port: number
  let broker: KafkaPart | undefined
  let log: MessageLog

  const start = async (): Promise<void> => {
    broker = await ownKafka({ folder, port })
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'konstruct-outage-'))
    port = await freePort()
    log = createKafkaLog(
      { log: silentLog },
      { brokers: [`127.0.0.1:${port}`], clientId: 'test', publishTimeoutMs },
    )
  })

  afterEach(async () => {
    await log.close()
    await broker?.stop()
    broker = undefined
    rmSync(folder, { recursive: true, force: true })
  })

  const failsInTime = (): Promise<void> => {
    const published = log.publish('turns', [{ key: 'a', value: '-1' }])
    return within(publishTimeoutMs + 200, assert.rejects(published, unavailable))
  }

  it('can be used before Kafka is there: it fails in time, then begins to work by itself', async () => {
    const received: string[] = []
    const subscription = log.subscribe({
      topic: 'turns',
      group: 'g',
      window: 10,
      onRecord: ({ value }) => void received.push(value.toString()),
    })
    await assert.rejects(log.check(), unavailable)
    await failsInTime()
    assert.equal(subscription.joined, false)
    await start()
    await log.check()
    await failsInTime() // Kafka is there, but the topic is not
    assert.equal(subscription.joined, false)
    await log.ensureTopics([topic])
    await log.publish('turns', [{ key: 'a', value: '1' }])
    await waitUntil({ until: 'the record came', deadlineMs: 10_000 }, () => received.includes('1'))
    assert.ok(subscription.joined)
  })

  it('closes at once while Kafka is away', async () => {
    log.subscribe({ topic: 'turns', group: 'g', window: 10, onRecord: () => {} })
    await assert.rejects(log.check(), unavailable)
    await within(4_000, log.close())
  })

  /** A consumer of one partition that has taken as much as it may of five records, and has lost Kafka since. */
  const cutOff = async (): Promise<Follower> => {
    await start()
    await log.ensureTopics([{ ...topic, partitions: 1 }])
    await publishNumbers(log, 'turns', { key: 'a', from: 0, to: 4 })
    const consumer = await follow(log, { topic: 'turns', group: 'g', window: 2 })
    await consumer.received(2)
    await broker?.kill()
    await waitUntil({ until: 'the loss is noticed', deadlineMs: 30_000 }, () => !consumer.subscription.joined)
    return consumer
  }

  it('closes while Kafka is away also after it had joined: what is unfinished gets the time that it may have', async () => {
    const consumer = await cutOff()
    const begin = performance.now()
    const closed = consumer.subscription.close({ drainMs: 60_000 })
    await new Promise(setImmediate)
    consumer.finish([0, 1])
    await closed
    assert.ok(performance.now() - begin < 10_000)
  })

  it('is told of the end of records while Kafka is away, and goes on behind them when it is back', async () => {
    const consumer = await cutOff()
    consumer.finish([0, 1])
    await start()
    await consumer.received(5, { finish: true })
    assert.deepEqual(numbersOf(consumer.records), [0, 1, 2, 3, 4])
  })

  for (const way of ['stop', 'kill'] as const)
    it(`goes on by itself after the broker's ${way}: nothing acknowledged is lost, nothing comes twice`, async () => {
      await start()
      await log.ensureTopics([topic])
      const consumer = await follow(log, { topic: 'turns', group: 'g', window: 200, finishAfterMs: 400 })
      const published = publishSteadily(log, 'turns')
      await consumer.received(50)
      await broker?.[way]()
      await failsInTime()
      await failsInTime()
      await start()
      await within(10_000, consumer.received(consumer.records.length + 20))
      const acknowledged = await published.stop()
      await waitUntil({ until: 'all acknowledged records came', deadlineMs: 20_000 }, () =>
        acknowledged.every((number) => numbersOf(consumer.records).includes(number)),
      )
      const places = consumer.records.map(({ partition, offset }) => `${partition}/${offset}`)
      assert.equal(new Set(places).size, places.length, 'a record came twice')
    })
})
