import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { StreamEvent } from '../../../../services/shared/domain/frames.ts'
import { type RedisKey, webchatResponseKey } from '../../../../services/shared/redis/keys.ts'
import {
  announceStop,
  appendEvents,
  questionFlush,
  parseAnnouncement,
  readEvents,
  readEventsBefore,
} from '../../../../services/shared/redis/live-stream.ts'
import { freshRedis } from '../../../support/fresh-redis.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const delta = (text: string): StreamEvent => ({ kind: 'delta', turn: 't', attempt: 1, text })
const texts = (events: readonly string[]): readonly string[] =>
  events.map((event) => (JSON.parse(event) as { text: string }).text)

describe('A live stream', () => {
  let url: string
  let open: OpenRedis
  let key: RedisKey

  before(async () => {
    url = (await freshRedis()).url
    open = await openRedisAt(url)
  })
  after(() => open.close())
  beforeEach(() => {
    key = webchatResponseKey('acme', randomUUID())
  })

  it('numbers its events from 1 without gaps, over several flushes', async () => {
    const first = await appendEvents(open.redis, key, [delta('a'), delta('b')])
    const second = await appendEvents(open.redis, key, [delta('c')])
    assert.equal(first?.seq, 2)
    assert.deepEqual(second, { epoch: first?.epoch, seq: 3 })
  })

  it('gives a reader exactly what came after its position', async () => {
    const at = await appendEvents(open.redis, key, [delta('a'), delta('b')])
    await appendEvents(open.redis, key, [delta('c'), delta('d')])
    const slice = await readEvents(open.redis, key, at ?? assert.fail())
    assert.equal(slice.recovered, true)
    assert.deepEqual([texts(slice.events), slice.seq], [['c', 'd'], 4])
  })

  it('gives a reader that is up to date nothing, and calls that recovered', async () => {
    const at = (await appendEvents(open.redis, key, [delta('a')])) ?? assert.fail()
    assert.deepEqual(await readEvents(open.redis, key, at), { ...at, recovered: true, events: [] })
  })

  it('cannot recover for a reader of another epoch, or one ahead of it, and gives what is newest', async () => {
    const at = (await appendEvents(open.redis, key, [delta('a')])) ?? assert.fail()
    for (const after of [{ epoch: at.epoch - 1, seq: 1 }, { epoch: at.epoch, seq: 9 }, undefined]) {
      const slice = await readEvents(open.redis, key, after)
      assert.deepEqual([slice.recovered, texts(slice.events), slice.seq], [false, ['a'], 1])
    }
  })

  it('stands at nothing when it is not there', async () => {
    const slice = await readEvents(open.redis, key, { epoch: 5, seq: 1 })
    assert.deepEqual(slice, { epoch: 0, seq: 0, recovered: false, events: [] })
  })

  it('cannot recover for a reader that missed more than it is worth to send', async () => {
    const at = (await appendEvents(open.redis, key, [delta('a')])) ?? assert.fail()
    const many = Array.from({ length: 500 }, (_, n) => delta(`${n}`))
    for (let flush = 0; flush < 5; flush += 1) await appendEvents(open.redis, key, many)
    for (const after of [at, undefined]) {
      const slice = await readEvents(open.redis, key, after)
      assert.deepEqual([slice.recovered, slice.seq], [false, 2_501])
      assert.deepEqual(texts(slice.events).slice(-2), ['498', '499'])
      assert.ok(slice.events.length < 600, `${slice.events.length} events were read at once`)
    }
    const few = await readEvents(open.redis, key, { ...at, seq: 2_491 }, 10)
    assert.deepEqual([few.recovered, few.events.length], [true, 10])
    assert.equal((await readEvents(open.redis, key, { ...at, seq: 2_490 }, 10)).recovered, false)
  })

  it('is read backwards page by page, to its beginning and no further', async () => {
    const at = (await appendEvents(open.redis, key, [delta('first')])) ?? assert.fail()
    for (let flush = 0; flush < 5; flush += 1)
      await appendEvents(
        open.redis,
        key,
        Array.from({ length: 400 }, (_, n) => delta(`${flush * 400 + n}`)),
      )
    let { events, seq } = await readEvents(open.redis, key)
    const all = [...events]
    while (events.length > 0) {
      seq -= events.length
      events = await readEventsBefore(open.redis, key, { ...at, seq: seq + 1 })
      all.unshift(...events)
    }
    assert.deepEqual(texts(all), ['first', ...Array.from({ length: 2_000 }, (_, n) => `${n}`)])
    assert.deepEqual(await readEventsBefore(open.redis, key, { epoch: at.epoch - 1, seq: 9 }), [])
  })

  it('appends a repeated flush once', async () => {
    await appendEvents(open.redis, key, [delta('before')])
    const first = await appendEvents(open.redis, key, [delta('a'), delta('b')], { flush: 't/1/1' })
    await appendEvents(open.redis, key, [delta('between')])
    const again = await appendEvents(open.redis, key, [delta('a'), delta('b')], { flush: 't/1/1' })
    assert.deepEqual(again, first)
    assert.deepEqual(texts((await readEvents(open.redis, key)).events), ['before', 'a', 'b', 'between'])
  })

  it('leaves out how things were, where a flush that comes after was faster', async () => {
    await appendEvents(open.redis, key, [delta('other')], { flush: 'other/1/1' })
    const names = { flush: 'queued/t', before: 't/' }
    const first = await appendEvents(open.redis, key, [delta('said'), delta('queued')], names)
    assert.equal(first?.seq, 3)
    await appendEvents(open.redis, key, [delta('writing')], { flush: 'u/1/1' })
    const late = { flush: 'queued/u', before: 'u/' }
    const second = await appendEvents(open.redis, key, [delta('said later'), delta('queued')], late)
    assert.equal(second?.seq, 5)
    assert.deepEqual(
      await appendEvents(open.redis, key, [delta('said later'), delta('queued')], late),
      second,
    )
    const { events } = await readEvents(open.redis, key)
    assert.deepEqual(texts(events), ['other', 'said', 'queued', 'writing', 'said later'])
  })

  it('leaves out the first event where the flush that has it was a moment ago', async () => {
    const withQuestion = (turn: string) => ({
      flush: `${turn}/1/1`,
      fresh: true,
      unless: questionFlush(turn),
    })
    await appendEvents(open.redis, key, [delta('said')], { flush: questionFlush('t') })
    await appendEvents(open.redis, key, [delta('said'), delta('answer')], withQuestion('t'))
    const last = await appendEvents(open.redis, key, [delta('other'), delta('reply')], withQuestion('u'))
    assert.equal(last?.seq, 4)
    const repeated = { ...withQuestion('u'), fresh: false }
    assert.deepEqual(await appendEvents(open.redis, key, [delta('other'), delta('reply')], repeated), last)
    assert.deepEqual(texts((await readEvents(open.redis, key)).events), ['said', 'answer', 'other', 'reply'])
  })

  it('finds a flush again that was fresh when it was written', async () => {
    const first = await appendEvents(open.redis, key, [delta('a')], { flush: 't/1/1', fresh: true })
    assert.deepEqual(await appendEvents(open.redis, key, [delta('a')], { flush: 't/1/1' }), first)
    assert.deepEqual(texts((await readEvents(open.redis, key)).events), ['a'])
  })

  it('tells a writer that its epoch is over, and writes nothing of it', async () => {
    const at = (await appendEvents(open.redis, key, [delta('a')])) ?? assert.fail()
    await open.redis.remove([key])
    assert.equal(await appendEvents(open.redis, key, [delta('b')], { since: at, continues: true }), null)
    assert.deepEqual((await readEvents(open.redis, key)).events, [])
    const next = (await appendEvents(open.redis, key, [delta('whole')])) ?? assert.fail()
    assert.ok(next.epoch > at.epoch)
    assert.equal(next.seq, 1)
  })

  it('is begun anew for a writer who knows of a later entry: Redis came back older, and would number twice', async () => {
    const admin = new Redis(url)
    await appendEvents(open.redis, key, [delta('a')])
    const older = await admin.dumpBuffer(key)
    const since = (await appendEvents(open.redis, key, [delta('b')])) ?? assert.fail()
    const comeBackOlder = () => admin.restore(key, 0, older, 'REPLACE')
    await comeBackOlder()
    assert.equal(await appendEvents(open.redis, key, [delta('c')], { since, continues: true }), null)
    assert.deepEqual((await readEvents(open.redis, key)).events, [])
    await comeBackOlder()
    const last = (await appendEvents(open.redis, key, [delta('whole')], { since })) ?? assert.fail()
    assert.notEqual(last.epoch, since.epoch)
    assert.deepEqual(texts((await readEvents(open.redis, key)).events), ['whole'])
    admin.disconnect()
  })

  it('tells its listeners every flush with its numbers, and a stop', async () => {
    const heard: string[] = []
    const leave = await open.subscriber.listen(key, (message) => heard.push(message))
    const at = (await appendEvents(open.redis, key, [delta('a'), delta('line\nbreak')])) ?? assert.fail()
    await announceStop(open.redis, key, 't')
    await waitUntil({ until: 'both were heard' }, () => heard.length === 2)
    leave()
    const flush = parseAnnouncement(heard[0] ?? '')
    assert.ok(flush !== null && 'events' in flush)
    assert.deepEqual([flush.epoch, flush.seq, texts(flush.events)], [at.epoch, 1, ['a', 'line\nbreak']])
    assert.deepEqual(parseAnnouncement(heard[1] ?? ''), { stop: 't' })
  })

  it('does not take noise on its channel for an announcement', () => {
    for (const noise of ['', 'x', 'x y\n{}', '{"epoch":1}']) assert.equal(parseAnnouncement(noise), null)
  })

  it('ends by itself some time after its last event', async () => {
    await appendEvents(open.redis, key, [delta('a')])
    const ttl = await open.redis.run<number>(
      { name: 'testTtl', lua: `return redis.call('TTL', KEYS[1])` },
      key,
      [],
    )
    assert.ok(ttl > 0 && ttl <= 900)
  })
})
