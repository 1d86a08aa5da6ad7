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
import { follow, numbersOf, publishNumbers } from '../../../contracts/message-log-follower.ts'
import { ownKafka } from '../../../support/parts.ts'
import { waitUntil } from '../../../support/wait-until.ts'

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

  const failsInTime = async (): Promise<void> => {
    const begin = performance.now()
    await assert.rejects(log.publish('turns', [{ key: 'a', value: '0' }]), unavailable)
    const tookMs = performance.now() - begin
    assert.ok(tookMs < publishTimeoutMs + 200, `took ${tookMs} ms`)
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
    const begin = performance.now()
    await log.close()
    assert.ok(performance.now() - begin < 4_000)
  })

  for (const way of ['stop', 'kill'] as const)
    it(`goes on by itself after the broker's ${way}, and keeps what it was working on`, async () => {
      await start()
      await log.ensureTopics([topic])
      const consumer = await follow(log, { topic: 'turns', group: 'g', window: 10 })
      await publishNumbers(log, 'turns', { key: 'a', from: 0, to: 4 })
      await consumer.received(5)
      consumer.finish([0, 1])
      await waitUntil({ until: 'two are committed' }, async () => {
        const lags = await consumer.subscription.lag()
        return lags.reduce((sum, { records }) => sum + records, 0) === 3
      })
      await broker?.[way]()
      await failsInTime()
      await failsInTime()
      consumer.finish([2])
      await start()
      const begin = performance.now()
      await waitUntil({ until: 'publishing works again', deadlineMs: 10_000 }, async () => {
        await publishNumbers(log, 'turns', { key: 'a', from: 5, to: 5 })
        return true
      })
      await waitUntil({ until: 'the new record came', deadlineMs: 15_000 }, () =>
        numbersOf(consumer.records).includes(5),
      )
      const tookMs = performance.now() - begin
      assert.ok(tookMs < 10_000, `took ${tookMs} ms`)
      const again = numbersOf(consumer.records.slice(5)).filter((number) => number > 0 && number < 5)
      assert.deepEqual(again, [], 'records that were being worked on came again')
      consumer.finish([3, 4])
      await consumer.subscription.close({ drainMs: 0 })
      const heir = await follow(log, { topic: 'turns', group: 'g', window: 10 })
      await heir.received(1)
      assert.ok(numbersOf(heir.records).every((number) => number === 0 || number === 5))
    })
})
