import assert from 'node:assert/strict'
import type { LogRecord } from '../../../../services/shared/bus/message-log.ts'
import { PartitionWindows } from '../../../../services/shared/bus/partition-windows.ts'

const limit = 4
/** So many may wait for their commit. */
const remembered = limit * 32

const record = (partition: number, offset: number): LogRecord => ({
  topic: 'turns',
  partition,
  offset: String(offset),
  key: 'acme/1',
  value: Buffer.alloc(0),
  headers: {},
  timestamp: offset,
})

const windowsOf = (...partitions: readonly number[]): PartitionWindows => {
  const windows = new PartitionWindows(limit)
  windows.assign(partitions)
  return windows
}

const take = (windows: PartitionWindows, partition: number, count: number): readonly LogRecord[] => {
  const records = Array.from({ length: count }, (_, offset) => record(partition, offset))
  for (const each of records) assert.equal(windows.take(each), true)
  return records
}

describe('the windows of partitions', () => {
  it('are full at their limit, and have room when more than half is finished: each for itself', () => {
    const windows = windowsOf(0, 1)
    const records = take(windows, 0, limit)
    assert.deepEqual([windows.isFull(0), windows.isFull(1)], [true, false])
    const states = records.map((each) => {
      windows.finish(each)
      return [windows.isFull(0), windows.isRoomy(0)]
    })
    assert.deepEqual(states, [
      [false, false],
      [false, false],
      [false, true],
      [false, true],
    ])
  })

  it('are full of what waits for its commit behind one record, and have room only once Kafka has that commit', () => {
    const windows = windowsOf(0)
    const [oldest, ...others] = take(windows, 0, remembered)
    for (const each of others) windows.finish(each)
    assert.deepEqual([windows.unfinished, windows.isFull(0), windows.isRoomy(0)], [1, true, false])
    assert.deepEqual(windows.committable(), [])
    windows.finish(oldest as LogRecord)
    assert.deepEqual([windows.unfinished, windows.isFull(0), windows.isRoomy(0)], [0, true, false])
    const offsets = windows.committable()
    assert.deepEqual(offsets, [{ partition: 0, offset: String(remembered) }])
    windows.acknowledge(offsets)
    assert.deepEqual([windows.isFull(0), windows.isRoomy(0)], [false, true])
  })

  it('keep the work of partitions that stay, and give up that of those that go', () => {
    const windows = windowsOf(0, 1)
    const [stays] = take(windows, 0, 1)
    const [goes] = take(windows, 1, 1)
    assert.deepEqual(windows.assign([0, 2]), { gained: [2], lost: [1] })
    assert.deepEqual(windows.partitions, [0, 2])
    assert.equal(windows.unfinished, 1)
    assert.equal(windows.take(record(0, 0)), false, 'it is being worked on')
    windows.finish(goes as LogRecord)
    assert.deepEqual(windows.committable(), [])
    windows.finish(stays as LogRecord)
    assert.deepEqual(windows.committable(), [{ partition: 0, offset: '1' }])
  })

  it('take nothing of a partition that is not theirs', () => {
    const windows = windowsOf(0)
    assert.equal(windows.has(1), false)
    assert.equal(windows.take(record(1, 0)), false)
    assert.equal(windows.unfinished, 0)
  })
})
