import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { LogRecord } from '../../../../services/shared/bus/message-log.ts'
import { OffsetWindow } from '../../../../services/shared/bus/offset-window.ts'

const record = (offset: number, timestamp = offset): LogRecord => ({
  topic: 'turns',
  partition: 0,
  offset: String(offset),
  key: 'acme/1',
  value: Buffer.alloc(0),
  headers: {},
  timestamp,
})

describe('a window of offsets', () => {
  it('commits up to the first unfinished record, in whatever order they finish', () => {
    const window = new OffsetWindow()
    const [zero, one, two] = [record(0), record(1), record(2)]
    for (const each of [zero, one, two]) assert.equal(window.take(each), true)
    window.finish(two)
    assert.equal(window.committable(), undefined)
    window.finish(zero)
    assert.equal(window.committable(), '1')
    window.finish(one)
    assert.equal(window.committable(), '3')
  })

  it('does not count gaps, which transactions and compaction leave in a log', () => {
    const window = new OffsetWindow()
    const [first, second] = [record(5), record(9)]
    window.take(first)
    window.take(second)
    window.finish(first)
    assert.equal(window.committable(), '6')
    window.finish(second)
    assert.equal(window.committable(), '10')
  })

  it('ignores the end of a record that was handed over anew since', () => {
    const window = new OffsetWindow()
    const [old, again] = [record(3, 1), record(3, 2)]
    window.take(old)
    assert.equal(window.take(again), true)
    window.finish(old)
    assert.equal(window.committable(), undefined)
    assert.equal(window.unfinished, 1)
  })

  it('takes a rewound log from its new beginning, and no commit from before it', () => {
    const window = new OffsetWindow()
    const before = [record(100), record(101)]
    for (const each of before) window.take(each)
    for (const each of before) window.finish(each)
    const committed = window.committable()
    const anew = record(0, 7)
    assert.equal(window.take(anew), true)
    assert.ok(committed)
    window.acknowledge(committed)
    window.finish(anew)
    assert.equal(window.committable(), '1')
    assert.equal(window.unfinished, 0)
  })

  it('finishing twice counts once', () => {
    const window = new OffsetWindow()
    const only = record(0)
    window.take(only)
    window.finish(only)
    window.finish(only)
    assert.equal(window.unfinished, 0)
  })

  it('never commits an unfinished record nor hands one over twice, whatever happens in whatever order', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('deliver' as const) },
      { weight: 4, arbitrary: fc.nat(30).map((pick) => ({ finish: pick })) },
      { weight: 2, arbitrary: fc.constant('commit' as const) },
      { weight: 2, arbitrary: fc.constant('acknowledge' as const) },
      { weight: 1, arbitrary: fc.constant('rejoin' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new OffsetWindow()
        const handed: LogRecord[] = []
        const finished = new Set<number>()
        let position = 0
        let atKafka = 0
        let sent: string | undefined
        const deliver = (): void => {
          const next = record(position)
          position += 1
          if (!window.take(next)) return
          assert.equal(Number(next.offset), handed.length, 'handed over twice, or one was skipped')
          handed.push(next)
        }
        const commit = (): void => {
          if (sent !== undefined) return
          sent = window.committable()
          if (sent === undefined) return
          for (let offset = 0; offset < Number(sent); offset += 1) assert.ok(finished.has(offset))
        }
        const acknowledge = (): void => {
          if (sent === undefined) return
          atKafka = Number(sent)
          window.acknowledge(sent)
          sent = undefined
        }
        const finish = (pick: number): void => {
          const unfinished = handed.filter(({ offset }) => !finished.has(Number(offset)))
          const chosen = unfinished[pick % Math.max(unfinished.length, 1)]
          if (chosen === undefined) return
          finished.add(Number(chosen.offset))
          window.finish(chosen)
        }
        for (const each of steps)
          if (each === 'deliver') deliver()
          else if (each === 'commit') commit()
          else if (each === 'acknowledge') acknowledge()
          else if (each === 'rejoin') position = atKafka
          else finish(each.finish)
        assert.equal(window.unfinished, handed.length - finished.size)
        acknowledge()
        for (const { offset } of handed) if (!finished.has(Number(offset))) finish(0)
        commit()
        acknowledge()
        assert.equal(atKafka, handed.length)
        assert.equal(window.uncommitted, 0)
      }),
      { numRuns: 500 },
    )
  })
})
