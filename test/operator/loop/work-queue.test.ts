import assert from 'node:assert/strict'
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constant,
  constantFrom,
  integer,
  oneof,
  record,
} from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { Registry } from 'prom-client'
import { createLoopMetrics } from '../../../operator/loop/metrics.ts'
import { WorkQueue, type Lane } from '../../../operator/loop/work-queue.ts'
import { FakeClock, settle } from '../fake-clock.ts'

const aQueue = (random = 1) => {
  const clock = new FakeClock()
  const queue = new WorkQueue({
    clock,
    metrics: createLoopMetrics(new Registry()).queue('test'),
    random: () => random,
  })
  return { clock, queue }
}

/** What a taker would get now; undefined when it would have to wait. Never leaves a taker behind. */
const takeIfAny = async (queue: WorkQueue): Promise<string | undefined> =>
  queue.depth('change') + queue.depth('sweep') > 0 ? queue.take() : undefined

describe('WorkQueue', () => {
  it('makes one run of many adds', async () => {
    const { queue } = aQueue()
    for (let time = 0; time < 100; time += 1) queue.add('a', 'change')
    assert.equal(await queue.take(), 'a')
    queue.done('a')
    assert.equal(await takeIfAny(queue), undefined)
  })

  it('hands keys out in the order in which they came', async () => {
    const { queue } = aQueue()
    for (const key of ['a', 'b', 'c', 'a']) queue.add(key, 'sweep')
    assert.deepEqual([await queue.take(), await queue.take(), await queue.take()], ['a', 'b', 'c'])
  })

  it('never hands out a key that is running, and runs it once more when it was added meanwhile', async () => {
    const { queue } = aQueue()
    queue.add('a', 'change')
    await queue.take()
    queue.add('a', 'change')
    queue.add('a', 'change')
    assert.equal(await takeIfAny(queue), undefined)
    queue.done('a')
    assert.equal(await takeIfAny(queue), 'a')
    queue.done('a')
    assert.equal(await takeIfAny(queue), undefined)
  })

  it('lets changes overtake the sweep, also a key that already waits in it', async () => {
    const { queue } = aQueue()
    for (const key of ['a', 'b', 'c']) queue.add(key, 'sweep')
    queue.add('new', 'change')
    queue.add('c', 'change')
    queue.add('c', 'sweep')
    const order = []
    for (let time = 0; time < 4; time += 1) order.push(await queue.take())
    assert.deepEqual(order, ['new', 'c', 'a', 'b'])
  })

  it('wakes a taker that waits', async () => {
    const { queue } = aQueue()
    const taken = queue.take()
    queue.add('a', 'change')
    assert.equal(await taken, 'a')
  })

  it('adds later what is wanted later, at the earliest wish', async () => {
    const { clock, queue } = aQueue()
    queue.addAfter('a', 1000, 'sweep')
    queue.addAfter('a', 500, 'sweep')
    queue.addAfter('a', 2000, 'sweep')
    await clock.advance(499)
    assert.equal(await takeIfAny(queue), undefined)
    await clock.advance(1)
    assert.equal(await takeIfAny(queue), 'a')
    queue.done('a')
    await clock.advance(5000)
    assert.equal(await takeIfAny(queue), undefined)
  })

  it('keeps a retry of a change in its lane when a sweep comes first', async () => {
    const { queue } = aQueue()
    queue.add('old', 'sweep')
    queue.addAfter('a', 1000, 'change')
    queue.add('a', 'sweep')
    assert.equal(await takeIfAny(queue), 'a')
  })

  it('lets a run that starts now take the place of a later one', async () => {
    const { clock, queue } = aQueue()
    queue.addAfter('a', 1000, 'sweep')
    queue.add('a', 'change')
    await takeIfAny(queue)
    queue.done('a')
    await clock.advance(2000)
    assert.equal(await takeIfAny(queue), undefined)
    assert.equal(clock.timers, 0)
  })

  it('backs off from 5 ms to 1000 s per key, and begins anew once forgotten', async () => {
    const { clock, queue } = aQueue()
    const waitOf = async () => {
      queue.add('a', 'change')
      await queue.take()
      queue.retry('a')
      queue.done('a')
      const began = clock.now()
      while (queue.depth('change') === 0) await clock.advance(5)
      return clock.now() - began
    }
    assert.deepEqual([await waitOf(), await waitOf(), await waitOf()], [5, 10, 20])
    assert.equal(queue.failures('a'), 3)
    queue.forget('a')
    assert.equal(await waitOf(), 5)
  })

  it('never waits longer than 1000 s, however often a key failed', async () => {
    const { clock, queue } = aQueue()
    queue.add('a', 'change')
    for (let time = 0; time < 2000; time += 1) {
      await queue.take()
      queue.retry('a')
      queue.done('a')
      await clock.advance(1_000_000)
      assert.equal(queue.depth('change'), 1)
    }
  })

  it('spreads retries between half of the wait and the whole of it', async () => {
    const { clock, queue } = aQueue(0)
    queue.retry('a')
    queue.retry('b', 1000)
    await clock.advance(2.5)
    assert.equal(await takeIfAny(queue), 'a')
    await clock.advance(900)
    assert.equal(await takeIfAny(queue), undefined)
    await clock.advance(100)
    assert.equal(await takeIfAny(queue), 'b')
  })

  it('lets all takers go at shutdown and takes nothing more', async () => {
    const { clock, queue } = aQueue()
    const takers = [queue.take(), queue.take()]
    queue.addAfter('a', 10, 'change')
    queue.shutDown()
    assert.deepEqual(await Promise.all(takers), [undefined, undefined])
    queue.add('b', 'change')
    queue.retry('b')
    await clock.advance(1000)
    assert.equal(await queue.take(), undefined)
    assert.equal(clock.timers, 0)
  })

  it('keeps its promises whatever is done to it', async () => {
    await assertProperty(asyncProperty(array(command, { maxLength: 80 }), keepsItsPromises), {
      numRuns: 500,
    })
  })
})

type Command =
  | { readonly kind: 'add'; readonly key: string; readonly lane: Lane }
  | { readonly kind: 'after'; readonly key: string; readonly lane: Lane; readonly ms: number }
  | { readonly kind: 'take' }
  | { readonly kind: 'retry' | 'done'; readonly key: string }
  | { readonly kind: 'advance'; readonly ms: number }

const key = constantFrom('a', 'b', 'c', 'd')
const lane = constantFrom<Lane>('change', 'sweep')
const ms = integer({ min: 0, max: 50 })
const command: Arbitrary<Command> = oneof(
  record({ kind: constant('add'), key, lane }),
  record({ kind: constant('after'), key, lane, ms }),
  record({ kind: constant('take') }),
  record({ kind: constantFrom('retry', 'done'), key }),
  record({ kind: constant('advance'), ms }),
)

const keepsItsPromises = async (commands: readonly Command[]): Promise<void> => {
  const { clock, queue } = aQueue()
  const running = new Set<string>()
  /** Keys that were asked for and have not begun to run since. */
  const owed = new Set<string>()
  const changed = new Set<string>()
  const take = async (): Promise<void> => {
    const changes = queue.depth('change')
    const taken = await takeIfAny(queue)
    if (taken === undefined) return
    assert.ok(!running.has(taken), 'a key ran twice at a time')
    assert.ok(owed.has(taken), 'a key ran that nobody asked for')
    if (changes > 0) assert.ok(changed.has(taken), 'a sweep overtook a change')
    running.add(taken)
    owed.delete(taken)
    changed.delete(taken)
  }
  const finish = (each: string): void => {
    running.delete(each)
    queue.done(each)
  }
  const perform = async (each: Command): Promise<void> => {
    switch (each.kind) {
      case 'add':
        owed.add(each.key)
        if (each.lane === 'change') changed.add(each.key)
        return queue.add(each.key, each.lane)
      case 'after':
        owed.add(each.key)
        if (each.lane === 'change') changed.add(each.key)
        return queue.addAfter(each.key, each.ms, each.lane)
      case 'take':
        return take()
      case 'retry':
        if (!running.has(each.key)) return
        owed.add(each.key)
        changed.add(each.key)
        queue.retry(each.key)
        return finish(each.key)
      case 'done':
        return finish(each.key)
      case 'advance':
        return clock.advance(each.ms)
    }
  }
  for (const each of commands) {
    await perform(each)
    assert.ok(queue.depth('change') + queue.depth('sweep') + queue.runningMs().length + clock.timers <= 3 * 4)
    assert.equal(queue.runningMs().length, running.size)
  }
  for (let time = 0; owed.size > 0 && time < 100; time += 1) {
    for (const each of running) finish(each)
    await clock.advance(1_000_000)
    await settle()
    await take()
  }
  assert.deepEqual([...owed], [], 'an add was lost')
  for (const each of running) finish(each)
  assert.equal(clock.timers, 0)
}
