// What every message log must do when several consumers share the partitions, join, leave and die.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogRecord } from '../../services/shared/bus/message-log.ts'
import { waitUntil } from '../support/wait-until.ts'
import { within } from '../support/within.ts'
import { follow, numbersOf, publishNumbers } from './message-log-follower.ts'
import type { Stage } from './message-log-stage.ts'

/** Longer than a session: whoever would need to heartbeat from its handler has lost its place by then. */
const longerThanASessionMs = 8_000

export const describeConsumerGroup = (stage: Stage): void => {
  it('keeps its partitions, and other partitions flow, while a record takes longer than a session', async function () {
    this.timeout(30_000)
    await stage.open(2)
    const consumer = await stage.subscribe({ window: 1 })
    const [stuckKey, otherKey] = consumer.keysOfTwoPartitions()
    await publishNumbers(stage.log, stage.name, { key: stuckKey, from: 0, to: 3 })
    await consumer.received(1)
    const delays: number[] = []
    for (let index = 0; index < longerThanASessionMs / 200; index += 1) {
      const begin = performance.now()
      await publishNumbers(stage.log, stage.name, { key: otherKey, from: index, to: index })
      await consumer.received(2 + index)
      delays.push(performance.now() - begin)
      consumer.finishLast()
      await sleep(200)
    }
    assert.equal(consumer.records.filter(({ key }) => key === stuckKey).length, 1)
    assert.deepEqual(consumer.assignments, [[0, 1]])
    assert.deepEqual(consumer.revocations, [])
    // Not the slowest one: this machine has pauses of its own.
    const usual = delays.toSorted((a, b) => a - b)[delays.length / 2] ?? Number.NaN
    assert.ok(usual < 1_500, `another partition waited ${usual} ms`)
  })

  it('leaves the others in peace when a consumer joins: only what moves is delivered again', async function () {
    this.timeout(30_000)
    await stage.open(4)
    const first = await stage.subscribe()
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    for (const key of keys) await publishNumbers(stage.log, stage.name, { key, from: 0, to: 0 })
    await first.received(40)
    const second = await follow(await stage.anotherLog(), {
      topic: stage.name,
      group: stage.name,
      window: 100,
    })
    const [moved = []] = second.assignments
    assert.equal(moved.length, 2)
    await waitUntil({ until: 'the first consumer gave two partitions away' }, () => first.revocations.length)
    assert.deepEqual(first.revocations, [moved])
    const inMoved = ({ partition }: LogRecord): boolean => moved.includes(partition)
    await second.received(first.records.filter(inMoved).length)
    for (const record of first.records) first.subscription.finished(record)
    await sleep(600)
    assert.equal(first.records.length, 40)
    await second.subscription.close({ drainMs: 0 })
    await first.received(40 + second.records.length)
    assert.ok(first.records.slice(40).every(inMoved))
  })

  it('moves nothing among the others when a third consumer joins', async function () {
    this.timeout(30_000)
    await stage.open(6)
    const options = { topic: stage.name, group: stage.name, window: 100 }
    const first = await stage.subscribe()
    const second = await follow(await stage.anotherLog(), options)
    const third = await follow(await stage.anotherLog(), options)
    await waitUntil({ until: 'both gave to the third' }, () => first.revocations.length === 2)
    await waitUntil({ until: 'both gave to the third' }, () => second.revocations.length === 1)
    assert.equal(first.assignments.length, 1, 'the first got one from the second')
    assert.equal(second.assignments.length, 1, 'the second got one from the first')
    assert.equal(third.assignments[0]?.length, 2)
  })

  it('gives the records of a consumer that was killed to another one', async function () {
    this.timeout(40_000)
    await stage.open(2)
    const child = fork(new URL('message-log-child.ts', import.meta.url), {
      env: { ...process.env, BROKERS: (await stage.brokers()).join(','), TOPIC: stage.name },
    })
    let taken = 0
    child.on('message', (count) => {
      taken = Number(count)
    })
    try {
      for (let index = 0; index < 10; index += 1)
        await publishNumbers(stage.log, stage.name, { key: `key-${index}`, from: index, to: index })
      await waitUntil({ until: 'the child has all records', deadlineMs: 20_000 }, () => taken === 10)
      child.kill('SIGKILL')
      const inherited = stage.subscribe().then(async (heir) => {
        await heir.received(10)
        assert.deepEqual(
          numbersOf(heir.records).toSorted((a, b) => a - b),
          [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        )
      })
      await within(12_000, inherited)
    } finally {
      child.kill('SIGKILL')
    }
  })
}
