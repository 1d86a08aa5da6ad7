// What every message log must do, whichever client is behind it. It runs on a real Kafka.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogRecord } from '../../services/shared/bus/message-log.ts'
import { waitUntil } from '../support/wait-until.ts'
import { within } from '../support/within.ts'
import { describeConsumerGroup } from './message-log-group.ts'
import { numbersOf, publishNumbers } from './message-log-follower.ts'
import { type Harness, Stage } from './message-log-stage.ts'

/** Describes the message logs of `harness`; call it within a `describe` that has a Kafka. */
export const describeMessageLog = (harness: Harness): void => {
  const stage = new Stage(harness)

  beforeEach(() => stage.begin())

  afterEach(() => stage.end())

  describeConsumerGroup(stage)

  it('delivers a record as it was published', async () => {
    await stage.open(1)
    const consumer = await stage.subscribe()
    const value = Buffer.from([0, 1, 254, 255])
    await stage.log.publish(stage.name, [
      { key: 'acme/é', value, headers: { tenant: 'acme', traceparent: '00-ü' } },
    ])
    const { timestamp, ...record } = await consumer.next()
    assert.deepEqual(record, {
      topic: stage.name,
      partition: 0,
      offset: '0',
      key: 'acme/é',
      value,
      headers: { tenant: 'acme', traceparent: '00-ü' },
    })
    assert.ok(Math.abs(timestamp - Date.now()) < 60_000)
  })

  it('delivers every record once, in order per key, however they were published', async () => {
    await stage.open(4)
    const consumer = await stage.subscribe()
    const keys = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(
      keys.flatMap((key) => publishNumbers(stage.log, stage.name, { key, from: 0, to: 99, at: 'once' })),
    )
    await consumer.received(500, { finish: true })
    for (const key of keys)
      assert.deepEqual(
        numbersOf(consumer.records.filter((record) => record.key === key)),
        Array.from({ length: 100 }, (_, index) => index),
      )
    assert.equal(consumer.records.length, 500)
  })

  it('delivers what was published before anyone subscribed', async () => {
    await stage.open(2)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 9 })
    const consumer = await stage.subscribe()
    await consumer.received(10)
    assert.deepEqual(numbersOf(consumer.records), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('commits at the highest contiguous finished record: what lies behind an unfinished one comes again', async () => {
    await stage.open(1)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 5 })
    const first = await stage.subscribe()
    await first.received(6)
    first.finish([0, 1, 3, 5])
    await first.subscription.close({ drainMs: 0 })
    const second = await stage.subscribe()
    await second.received(4, { finish: true })
    assert.deepEqual(numbersOf(second.records), [2, 3, 4, 5])
    await second.subscription.close({ drainMs: 0 })
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 6, to: 6 })
    const third = await stage.subscribe()
    await third.received(1)
    assert.deepEqual(numbersOf(third.records), [6])
  })

  it('waits for unfinished records when it closes, takes no new ones, and commits them', async () => {
    await stage.open(1)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 1 })
    const first = await stage.subscribe()
    await first.received(2)
    const closed = first.subscription.close({ drainMs: 10_000 })
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 2, to: 2 })
    await sleep(300)
    first.finish([1, 0])
    await closed
    assert.deepEqual(numbersOf(first.records), [0, 1])
    const second = await stage.subscribe()
    await second.received(1)
    assert.deepEqual(numbersOf(second.records), [2])
  })

  it('stops waiting for unfinished records when the time to drain is over', async () => {
    await stage.open(1)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 0 })
    const consumer = await stage.subscribe()
    await consumer.received(1)
    const begin = performance.now()
    await within(4_000, consumer.subscription.close({ drainMs: 500 }))
    const tookMs = performance.now() - begin
    assert.ok(tookMs >= 490, `took ${tookMs} ms`)
  })

  it('takes no more than its window of a partition, and goes on when half of it is finished', async () => {
    await stage.open(1)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 99 })
    const consumer = await stage.subscribe({ window: 10 })
    await consumer.received(10)
    await sleep(800)
    assert.equal(consumer.records.length, 10)
    consumer.finish([0, 1, 2, 3])
    await sleep(800)
    assert.equal(consumer.records.length, 10)
    consumer.finish([4, 5])
    await consumer.received(16)
    await consumer.received(100, { finish: true })
    assert.deepEqual(
      numbersOf(consumer.records),
      Array.from({ length: 100 }, (_, index) => index),
    )
  })

  it('goes on after a partition waited for its commit only: its oldest record was the last to finish', async () => {
    const [window, remembered] = [4, 4 * 32]
    await stage.open(1)
    const numbers = Array.from({ length: remembered + 10 }, (_, index) => index)
    await stage.log.publish(
      stage.name,
      numbers.map((number) => ({ key: 'a', value: String(number) })),
    )
    const records: LogRecord[] = []
    const subscription = stage.log.subscribe({
      topic: stage.name,
      group: stage.name,
      window,
      onRecord: (record) => {
        records.push(record)
        if (records.length > 1) subscription.finished(record)
      },
    })
    await waitUntil(
      { until: 'no more is remembered', deadlineMs: 10_000 },
      () => records.length === remembered,
    )
    await sleep(600)
    assert.equal(records.length, remembered, 'what has to wait for its commit is bounded')
    subscription.finished(records[0] as LogRecord)
    await waitUntil({ until: 'the others came', deadlineMs: 5_000 }, () => records.length === numbers.length)
    assert.deepEqual(numbersOf(records), numbers)
  })

  it('delivers within milliseconds', async function () {
    await stage.open(4)
    const consumer = await stage.subscribe()
    await consumer.received(0, { finish: true })
    const published: number[] = []
    const delivered: number[] = []
    for (let index = 0; index < 200; index += 1) {
      const begin = performance.now()
      const came = consumer.next().then(() => delivered.push(performance.now() - begin))
      await publishNumbers(stage.log, stage.name, { key: `key-${index % 10}`, from: index, to: index })
      published.push(performance.now() - begin)
      await came
    }
    const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[100] ?? 0
    const figures = `median: published ${median(published).toFixed(1)} ms, delivered ${median(delivered).toFixed(1)} ms`
    if (this.test) this.test.title += ` (${figures})`
    assert.ok(median(delivered) < 50, figures)
  })

  it('tells the lag: what is waiting and what is being worked on', async () => {
    await stage.open(1)
    await publishNumbers(stage.log, stage.name, { key: 'a', from: 0, to: 9 })
    const consumer = await stage.subscribe({ window: 4 })
    await consumer.received(4)
    assert.deepEqual(await consumer.subscription.lag(), [{ partition: 0, records: 10 }])
    consumer.finish([0, 1])
    await waitUntil({ until: 'two records are committed' }, async () => {
      const [lag] = await consumer.subscription.lag()
      return lag?.records === 8
    })
  })

  it('creates topics, adds partitions, repairs settings, and does nothing the second time', async () => {
    const topic = harness.freshPrefix()
    const spec = { name: topic, partitions: 2, replication: 1, config: { 'retention.ms': '60000' } }
    const changed = async (wanted: typeof spec) =>
      (await stage.log.ensureTopics([wanted])).map(({ change, detail }) => `${change}: ${detail}`)
    assert.deepEqual(await changed(spec), ['created: 2 partitions, 1 replicas'])
    assert.deepEqual(await changed(spec), [])
    assert.deepEqual(await changed({ ...spec, partitions: 3 }), ['partitions-added: 2 → 3 partitions'])
    const other = { ...spec, partitions: 3, config: { 'retention.ms': '90000' } }
    assert.deepEqual(await changed(other), ['configured: retention.ms 60000 → 90000'])
    assert.deepEqual(await changed(other), [])
  })
}
