// What every message log must do, whichever client is behind it. It runs on a real Kafka.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogRecord, MessageLog, SubscribeOptions } from '../../services/shared/bus/message-log.ts'
import { waitUntil } from '../support/wait-until.ts'
import { follow, numbersOf, publishNumbers } from './message-log-follower.ts'

interface Harness {
  readonly brokers: () => Promise<readonly string[]>
  readonly createLog: (brokers: readonly string[]) => MessageLog
  readonly freshPrefix: () => string
}

/** Longer than a session: whoever would need to heartbeat from its handler has lost its place by then. */
const longerThanASessionMs = 8_000

export const describeMessageLog = ({ brokers, createLog, freshPrefix }: Harness): void => {
  let log: MessageLog
  let name: string

  const open = async (partitions: number): Promise<void> => {
    name = freshPrefix()
    await log.ensureTopics([{ name, partitions, replication: 1, config: {} }])
  }
  const subscribe = (options: Partial<SubscribeOptions> = {}) =>
    follow(log, { topic: name, group: name, window: 100, ...options })

  beforeEach(async () => {
    log = createLog(await brokers())
  })

  afterEach(() => log.close())

  it('delivers a record as it was published', async () => {
    await open(1)
    const consumer = await subscribe()
    const value = Buffer.from([0, 1, 254, 255])
    await log.publish(name, [{ key: 'acme/é', value, headers: { tenant: 'acme', traceparent: '00-ü' } }])
    const { timestamp, ...record } = await consumer.next()
    assert.deepEqual(record, {
      topic: name,
      partition: 0,
      offset: '0',
      key: 'acme/é',
      value,
      headers: { tenant: 'acme', traceparent: '00-ü' },
    })
    assert.ok(Math.abs(timestamp - Date.now()) < 60_000)
  })

  it('delivers every record once, in order per key, however they were published', async () => {
    await open(4)
    const consumer = await subscribe()
    const keys = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(keys.flatMap((key) => publishNumbers(log, name, { key, from: 0, to: 99, at: 'once' })))
    await consumer.received(500, { finish: true })
    for (const key of keys)
      assert.deepEqual(
        numbersOf(consumer.records.filter((record) => record.key === key)),
        Array.from({ length: 100 }, (_, index) => index),
      )
    assert.equal(consumer.records.length, 500)
  })

  it('delivers what was published before anyone subscribed', async () => {
    await open(2)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 9 })
    const consumer = await subscribe()
    await consumer.received(10)
    assert.deepEqual(numbersOf(consumer.records), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('commits at the highest contiguous finished record: what lies behind an unfinished one comes again', async () => {
    await open(1)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 5 })
    const first = await subscribe()
    await first.received(6)
    first.finish([0, 1, 3, 5])
    await first.subscription.close({ drainMs: 0 })
    const second = await subscribe()
    await second.received(4, { finish: true })
    assert.deepEqual(numbersOf(second.records), [2, 3, 4, 5])
    await second.subscription.close({ drainMs: 0 })
    await publishNumbers(log, name, { key: 'a', from: 6, to: 6 })
    const third = await subscribe()
    await third.received(1)
    assert.deepEqual(numbersOf(third.records), [6])
  })

  it('waits for unfinished records when it closes, takes no new ones, and commits them', async () => {
    await open(1)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 1 })
    const first = await subscribe()
    await first.received(2)
    const closed = first.subscription.close({ drainMs: 10_000 })
    await publishNumbers(log, name, { key: 'a', from: 2, to: 2 })
    await sleep(300)
    first.finish([1, 0])
    await closed
    assert.deepEqual(numbersOf(first.records), [0, 1])
    const second = await subscribe()
    await second.received(1)
    assert.deepEqual(numbersOf(second.records), [2])
  })

  it('stops waiting for unfinished records when the time to drain is over', async () => {
    await open(1)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 0 })
    const consumer = await subscribe()
    await consumer.received(1)
    const begin = performance.now()
    await consumer.subscription.close({ drainMs: 500 })
    const tookMs = performance.now() - begin
    assert.ok(tookMs >= 490 && tookMs < 4_000, `took ${tookMs} ms`)
  })

  it('takes no more than its window of a partition, and goes on when half of it is finished', async () => {
    await open(1)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 99 })
    const consumer = await subscribe({ window: 10 })
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

  it('keeps its partitions, and other partitions flow, while a record takes longer than a session', async function () {
    this.timeout(30_000)
    await open(2)
    const consumer = await subscribe({ window: 1 })
    const [stuckKey, otherKey] = consumer.keysOfTwoPartitions()
    await publishNumbers(log, name, { key: stuckKey, from: 0, to: 3 })
    await consumer.received(1)
    const delays: number[] = []
    for (let index = 0; index < longerThanASessionMs / 200; index += 1) {
      const begin = performance.now()
      await publishNumbers(log, name, { key: otherKey, from: index, to: index })
      await consumer.received(2 + index)
      delays.push(performance.now() - begin)
      consumer.finishLast()
      await sleep(200)
    }
    assert.equal(consumer.records.filter(({ key }) => key === stuckKey).length, 1)
    assert.deepEqual(consumer.assignments, [[0, 1]])
    assert.deepEqual(consumer.revocations, [])
    const slowest = Math.max(...delays)
    assert.ok(slowest < 1_500, `another partition waited ${slowest} ms`)
  })

  it('leaves the others in peace when a consumer joins: only what moves is delivered again', async function () {
    this.timeout(30_000)
    await open(4)
    const first = await subscribe()
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    for (const key of keys) await publishNumbers(log, name, { key, from: 0, to: 0 })
    await first.received(40)
    const otherLog = createLog(await brokers())
    try {
      const second = await follow(otherLog, { topic: name, group: name, window: 100 })
      const [moved = []] = second.assignments
      assert.equal(moved.length, 2)
      await waitUntil(
        { until: 'the first consumer gave two partitions away' },
        () => first.revocations.length,
      )
      assert.deepEqual(first.revocations, [moved])
      const inMoved = ({ partition }: LogRecord): boolean => moved.includes(partition)
      await second.received(first.records.filter(inMoved).length)
      for (const record of first.records) first.subscription.finished(record)
      await sleep(600)
      assert.equal(first.records.length, 40)
      await second.subscription.close({ drainMs: 0 })
      await first.received(40 + second.records.length)
      assert.ok(first.records.slice(40).every(inMoved))
    } finally {
      await otherLog.close()
    }
  })

  it('gives the records of a consumer that was killed to another one', async function () {
    this.timeout(40_000)
    await open(2)
    const child = fork(new URL('message-log-child.ts', import.meta.url), {
      env: { ...process.env, BROKERS: (await brokers()).join(','), TOPIC: name },
    })
    try {
      for (let index = 0; index < 10; index += 1)
        await publishNumbers(log, name, { key: `key-${index}`, from: index, to: index })
      let taken = 0
      child.on('message', (count) => {
        taken = Number(count)
      })
      await waitUntil({ until: 'the child has all records', deadlineMs: 20_000 }, () => taken === 10)
      child.kill('SIGKILL')
      const begin = performance.now()
      const heir = await subscribe()
      await heir.received(10)
      assert.deepEqual(
        numbersOf(heir.records).toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      )
      const tookMs = performance.now() - begin
      assert.ok(tookMs < 12_000, `the heir waited ${tookMs} ms`)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('delivers within milliseconds', async function () {
    await open(4)
    const consumer = await subscribe()
    await consumer.received(0, { finish: true })
    const published: number[] = []
    const delivered: number[] = []
    for (let index = 0; index < 200; index += 1) {
      const begin = performance.now()
      const came = consumer.next().then(() => delivered.push(performance.now() - begin))
      await publishNumbers(log, name, { key: `key-${index % 10}`, from: index, to: index })
      published.push(performance.now() - begin)
      await came
    }
    const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[100] ?? 0
    const figures = `median: published ${median(published).toFixed(1)} ms, delivered ${median(delivered).toFixed(1)} ms`
    if (this.test) this.test.title += ` (${figures})`
    assert.ok(median(delivered) < 50, figures)
  })

  it('tells the lag: what is waiting and what is being worked on', async () => {
    await open(1)
    await publishNumbers(log, name, { key: 'a', from: 0, to: 9 })
    const consumer = await subscribe({ window: 4 })
    await consumer.received(4)
    assert.deepEqual(await consumer.subscription.lag(), [{ partition: 0, records: 10 }])
    consumer.finish([0, 1])
    await waitUntil({ until: 'two records are committed' }, async () => {
      const [lag] = await consumer.subscription.lag()
      return lag?.records === 8
    })
  })

  it('creates topics, adds partitions, repairs settings, and does nothing the second time', async () => {
    const topic = freshPrefix()
    const spec = { name: topic, partitions: 2, replication: 1, config: { 'retention.ms': '60000' } }
    const changed = async (wanted: typeof spec) =>
      (await log.ensureTopics([wanted])).map(({ change, detail }) => `${change}: ${detail}`)
    assert.deepEqual(await changed(spec), ['created: 2 partitions, 1 replicas'])
    assert.deepEqual(await changed(spec), [])
    assert.deepEqual(await changed({ ...spec, partitions: 3 }), ['partitions-added: 2 → 3 partitions'])
    const other = { ...spec, partitions: 3, config: { 'retention.ms': '90000' } }
    assert.deepEqual(await changed(other), ['configured: retention.ms 60000 → 90000'])
    assert.deepEqual(await changed(other), [])
  })
}
