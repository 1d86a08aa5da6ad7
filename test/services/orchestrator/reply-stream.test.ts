import assert from 'node:assert/strict'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { StreamEvent, StreamPosition } from '../../../services/shared/domain/frames.ts'
import { type AppendOptions, questionFlush } from '../../../services/shared/redis/live-stream.ts'
import { createMetrics } from '../../../services/orchestrator/metrics.ts'
import { ReplyStream } from '../../../services/orchestrator/reply-stream.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { aQuestion } from './a-question.ts'

interface Flush {
  readonly events: readonly StreamEvent[]
  readonly flush: string
  readonly since: StreamPosition | undefined
  /** When it was sent. */
  readonly at: number
}

/** Redis as the stream sees it: it notes each flush once, and can be away, slow, or lose all. */
class FakeRedis {
  readonly flushes: Flush[] = []
  tries = 0
  epoch = 1
  away = false
  answersAreLost = false
  latencyMs = 0
  /** The flush that is in the stream already. */
  shown: string | undefined = questionFlush('t')

  readonly append = async (
    given: readonly StreamEvent[],
    { since, continues = false, flush = '', fresh = false, unless }: AppendOptions,
  ): Promise<StreamPosition | null> => {
    const events = this.#leaveOut(given, unless)
    const at = performance.now()
    this.tries += 1
    await sleep(this.latencyMs)
    if (this.away) throw new Error('away')
    if (continues && this.#isLost(since)) return null
    if (fresh || !this.flushes.some((known) => known.flush === flush))
      this.flushes.push({ events, flush, since, at })
    if (this.answersAreLost) throw new Error('timed out')
    return { epoch: this.epoch, seq: this.flushes.length }
  }

  #isLost(since: StreamPosition | undefined): boolean {
    return since?.epoch !== this.epoch
  }

  #leaveOut(events: readonly StreamEvent[], unless = ''): readonly StreamEvent[] {
    return unless === this.shown ? events.slice(1) : events
  }

  lose(): void {
    this.flushes.length = 0
    this.epoch += 1
  }

  get shapes(): readonly string[] {
    return this.flushes.flatMap(({ events }) => events.map(shapeOf))
  }
}

const shapeOf = (event: StreamEvent): string =>
  event.kind === 'state' ? event.state : event.kind === 'delta' ? `+${event.text}` : event.kind

const ref = { tenant: 'acme', conversation: 'c', turn: 't' }
const answered: StreamEvent = { kind: 'state', turn: 't', state: 'answered' }

describe('The stream of a reply', () => {
  let redis: FakeRedis
  let stream: ReplyStream
  beforeEach(() => {
    redis = new FakeRedis()
    stream = new ReplyStream(
      { append: redis.append, metrics: createMetrics(), onState: () => {} },
      { ref, attempt: 1, question: aQuestion },
    )
  })
  afterEach(() => stream.discard())

  const end = (): Promise<boolean> => stream.end('answered', [answered], 't/end')
  const flushed = (count: number): Promise<unknown> =>
    waitUntil({ until: `${count} flushes`, everyMs: 1 }, () => redis.flushes.length >= count)

  it('sends the first words at once, with the state that they bring', async () => {
    stream.changeState('thinking')
    await flushed(1)
    stream.changeState('writing')
    stream.write('Hel')
    await nextTurn() // comes before every timer
    assert.equal(redis.tries, 2)
    await flushed(2)
    assert.deepEqual(redis.shapes, ['thinking', 'writing', '+Hel'])
  })

  it('shows the question first, once, where whoever stored it came not to that', async () => {
    redis.shown = undefined
    redis.answersAreLost = true
    stream.changeState('thinking')
    await flushed(1)
    redis.answersAreLost = false
    stream.write('Hel')
    await end()
    assert.deepEqual(redis.shapes, ['message', 'thinking', '+Hel', 'answered'])
  })

  it('shows the question also where the end is all that comes', async () => {
    redis.shown = undefined
    await end()
    assert.deepEqual(redis.shapes, ['message', 'answered'])
  })

  it('gathers what comes after into one delta for each 25 ms', async () => {
    const begin = performance.now()
    stream.changeState('writing')
    for (let count = 0; count < 40; count += 1) {
      stream.write('x')
      await sleep(2)
    }
    await end()
    const windows = (performance.now() - begin) / 25
    const written = redis.shapes.join('').replaceAll('+', '')
    assert.equal(written, `writing${'x'.repeat(40)}answered`)
    // One at once, one at the end, and one for a window that had begun.
    assert.ok(redis.flushes.length <= windows + 3, `${redis.flushes.length} in ${windows} windows`)
    const gaps = redis.flushes.slice(1, -1).map(({ at }, index) => at - (redis.flushes[index]?.at ?? 0))
    assert.ok(
      gaps.every((gap) => gap > 15),
      gaps.join(),
    )
  })

  it('takes text at once while Redis is slow', async () => {
    redis.latencyMs = 100
    stream.changeState('writing')
    await nextTurn()
    assert.equal(redis.tries, 1)
    for (let count = 0; count < 1_000; count += 1) stream.write('x')
    assert.equal(stream.text.length, 1_000)
    assert.deepEqual(redis.flushes, [], 'Redis had answered before')
    assert.equal(await end(), true)
    assert.equal(redis.shapes.join('').replaceAll('+', ''), `writing${'x'.repeat(1_000)}answered`)
  })

  it('repeats a flush that failed under the same name, so that nothing is written twice or lost', async () => {
    redis.away = true
    stream.changeState('writing')
    stream.write('a')
    await waitUntil({ until: 'two tries' }, () => redis.tries >= 2)
    stream.write('b')
    redis.away = false
    await flushed(2)
    assert.equal(await end(), true)
    assert.deepEqual(redis.shapes, ['writing', '+a', '+b', 'answered'])
    assert.equal(new Set(redis.flushes.map(({ flush }) => flush)).size, redis.flushes.length)
  })

  it('repeats a flush whose answer was lost as one that may have been written', async () => {
    redis.answersAreLost = true
    stream.changeState('writing')
    stream.write('a')
    await waitUntil({ until: 'two tries' }, () => redis.tries >= 2)
    redis.answersAreLost = false
    assert.equal(await end(), true)
    assert.deepEqual(redis.shapes, ['writing', '+a', 'answered'])
  })

  it('says with each flush and with the end where the stream stood, so that what was lost since is noticed', async () => {
    stream.changeState('thinking')
    await flushed(1)
    stream.changeState('writing')
    stream.write('Hello')
    await flushed(2)
    await end()
    assert.deepEqual(
      redis.flushes.map(({ since }) => since?.seq),
      [undefined, 1, 2],
    )
  })

  it('writes all again when the stream was lost', async () => {
    stream.changeState('writing')
    stream.write('one ')
    await flushed(1)
    redis.lose()
    stream.write('two ')
    await flushed(1)
    stream.write('three')
    await end()
    assert.deepEqual(redis.shapes, ['restarted', 'writing', '+one two ', '+three', 'answered'])
  })

  it('writes all again before the beginning of a long reply falls out of the stream', async () => {
    stream.changeState('writing')
    stream.write('one ')
    await flushed(1)
    for (let count = 0; count < 4_100; count += 1) stream.changeState('writing')
    await flushed(2)
    stream.write('two ')
    await flushed(3)
    stream.write('three')
    await end()
    const [, , ...later] = redis.flushes.map(({ events }) => events.map(shapeOf))
    assert.deepEqual(later, [
      ['restarted', 'writing', '+one two '],
      ['+three', 'answered'],
    ])
  })

  it('begins a later attempt with restarted', async () => {
    stream.restart()
    stream.changeState('thinking')
    await end()
    assert.deepEqual(redis.shapes, ['restarted', 'thinking', 'answered'])
  })

  it('ends by its last events even when the stream was lost just then', async () => {
    stream.changeState('writing')
    stream.write('a')
    await flushed(1)
    redis.lose()
    assert.equal(await end(), true)
    assert.deepEqual(redis.shapes.slice(-1), ['answered'])
  })

  it('gives up after some seconds when Redis stays away, and says so', async () => {
    redis.away = true
    stream.changeState('writing')
    stream.write('a')
    assert.equal(await end(), false)
  })

  it('is silent once discarded', async () => {
    stream.changeState('writing')
    await flushed(1)
    stream.write('a')
    stream.discard()
    await sleep(60)
    assert.deepEqual(redis.shapes, ['writing'])
  })
})
