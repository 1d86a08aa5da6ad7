import assert from 'node:assert/strict'
import { waitUntil } from '../../support/wait-until.ts'
import { aReflectorBench, type ReflectorBench } from './a-reflector-bench.ts'

describe('Reflector when the API server or the way to it fails', () => {
  let bench: ReflectorBench

  beforeEach(async () => {
    bench = await aReflectorBench()
  })

  afterEach(() => bench.close())

  it('goes on after a broken connection where it was, and lists no second time', async () => {
    const { proxy, clock, told, start, paint, colorOf, lists, watches, watching, waiting, hearing } = bench
    await paint('a', 'red')
    start()
    await watching(1)
    await paint('a', 'green')
    await hearing('change a')
    told.length = 0
    proxy.cutAll()
    await waiting()
    await paint('a', 'blue')
    await paint('missed', 'red')
    await clock.advance(800)
    await hearing('change missed')
    assert.equal(colorOf('a'), 'blue')
    assert.deepEqual(told, ['change a', 'change missed'])
    assert.equal(lists().length, 1)
    const [first, second] = watches().map(({ url }) => new URLSearchParams(url).get('resourceVersion'))
    assert.notEqual(first, second)
  })

  it('lists again when its version is too old, and tells what it missed as changes', async () => {
    const { kube, proxy, clock, told, start, paint, lists, watching, waiting, hearing } = bench
    await paint('same', 'red')
    await paint('changed', 'red')
    const gone = await paint('gone', 'red')
    start()
    await watching(1)
    told.length = 0
    proxy.judge = (url) => (url.includes('watch=true') ? { status: 410 } : undefined)
    proxy.cutAll()
    await waiting()
    await paint('changed', 'blue')
    await paint('made', 'red')
    await kube.client.delete(kube.things, gone)
    await clock.advance(800)
    await waiting()
    proxy.judge = () => undefined
    await clock.advance(1600)
    await hearing('change made')
    assert.deepEqual(told.toSorted(), ['change changed', 'change gone', 'change made', 'sweep same'])
    assert.equal(lists().length, 2)
  })

  it('lists again when the server says in the midst of a watch that its version is too old', async () => {
    const { proxy, clock, start, lists, watching, waiting } = bench
    start()
    await watching(1)
    const error = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }
    proxy.judge = (url) =>
      url.includes('watch=true') ? { status: 200, body: `${JSON.stringify(error)}\n` } : undefined
    proxy.cutAll()
    await waiting()
    await clock.advance(800)
    await waiting()
    proxy.judge = () => undefined
    await clock.advance(1600)
    await waitUntil({ until: 'it lists again' }, () => lists().length === 2)
  })

  it('never gives up on a server that fails, and waits 800 ms to 30 s between its tries', async () => {
    const { proxy, clock, start, waiting } = bench
    proxy.judge = () => ({ status: 503 })
    const reflector = start()
    const waits: number[] = []
    for (let round = 0; round < 8; round += 1) {
      await waiting()
      const [asked, since] = [proxy.seen.length, clock.now()]
      while (proxy.seen.length === asked && clock.now() - since < 40_000) {
        await clock.advance(100)
        if (clock.timers === 0) await waitUntil({ until: 'it asks' }, () => proxy.seen.length > asked)
      }
      waits.push(clock.now() - since)
    }
    assert.deepEqual(waits, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
    assert.equal(reflector.hasSynced(), false)
    proxy.judge = () => undefined
    await waiting()
    await clock.advance(30_000)
    await reflector.whenSynced()
  })

  it('waits as long as the server asks', async () => {
    const { proxy, clock, start, waiting } = bench
    proxy.judge = () => ({ status: 429, headers: { 'retry-after': '60' } })
    start()
    await waiting()
    await clock.advance(59_999)
    assert.equal(proxy.seen.length, 1)
    await clock.advance(1)
    await waitUntil({ until: 'it asks' }, () => proxy.seen.length === 2)
  })

  it('begins with a short wait again after two minutes of health', async () => {
    const { proxy, clock, start, watches, watching, waiting } = bench
    proxy.judge = () => ({ status: 503 })
    start()
    for (const ms of [800, 1600, 3200]) {
      await waiting()
      await clock.advance(ms)
      await waitUntil({ until: 'it waits again' }, () => clock.timers === 1)
    }
    proxy.judge = () => undefined
    await clock.advance(6400)
    await watching(1)
    await clock.advance(121_000)
    proxy.cutAll()
    await waiting()
    const before = watches().length
    await clock.advance(800)
    await watching(before + 1)
  })

  it('replaces a watch that has been silent, at once and without losing anything', async () => {
    const { proxy, clock, start, paint, lists, watching, hearing } = bench
    start({ silenceMs: 1000 })
    await watching(1)
    proxy.muteAll()
    await clock.advance(90_000)
    await paint('unheard', 'red')
    await hearing('change unheard')
    await watching(3)
    assert.equal(lists().length, 1)
    assert.equal(clock.timers, 0)
  })

  it('watches on at once when the server ends a watch as planned', async () => {
    const { proxy, clock, start, paint, watches, lists, watching, hearing } = bench
    proxy.rewrite = (url) => url.replace(/timeoutSeconds=\d+/u, 'timeoutSeconds=2')
    start()
    await watching(1)
    await clock.advance(2000)
    await watching(2)
    assert.match(watches()[0]?.url ?? '', /timeoutSeconds=600/u)
    assert.match(watches()[0]?.url ?? '', /allowWatchBookmarks=true/u)
    await paint('after', 'red')
    await hearing('change after')
    assert.equal(lists().length, 1)
  })

  it('lists once an hour, in case anything was missed', async () => {
    const { proxy, clock, told, start, paint, lists, watching, waiting } = bench
    await paint('a', 'red')
    start()
    await watching(1)
    await clock.advance(3_600_001)
    proxy.cutAll()
    await waiting()
    await clock.advance(800)
    await watching(2)
    assert.equal(lists().length, 2)
    assert.deepEqual(told, ['sweep a', 'sweep a'])
  })
})
