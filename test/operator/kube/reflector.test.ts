import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import type { KubeList } from '../../../operator/kube/kube-client.ts'
import { createKubeMetrics } from '../../../operator/kube/kube-metrics.ts'
import { Reflector } from '../../../operator/kube/reflector.ts'
import { silentLog } from '../../../services/shared/runtime/log.ts'
import { waitUntil } from '../../support/wait-until.ts'
import type { Thing } from './a-kube.ts'
import { aReflectorBench, type ReflectorBench } from './a-reflector-bench.ts'

describe('Reflector on a real API server', () => {
  let bench: ReflectorBench

  beforeEach(async () => {
    bench = await aReflectorBench()
  })

  afterEach(() => bench.close())

  it('lists first, then follows each change', async () => {
    const { kube, told, start, paint, colorOf, watching, hearing } = bench
    await paint('old', 'red')
    const reflector = start()
    assert.equal(reflector.hasSynced(), false)
    await reflector.whenSynced()
    assert.equal(reflector.hasSynced(), true)
    assert.deepEqual(told, ['sweep old'])
    await watching(1)
    await paint('new', 'green')
    await hearing('change new')
    const made = await paint('old', 'blue')
    await hearing('change old')
    assert.equal(colorOf('old'), 'blue')
    told.length = 0
    await kube.client.delete(kube.things, made)
    await hearing('change old')
    assert.equal(colorOf('old'), undefined)
    assert.deepEqual(
      reflector.all().map(({ metadata }) => metadata.name),
      ['new'],
    )
  })

  it('keeps objects frozen and without managedFields', async () => {
    const { start, paint } = bench
    await paint('frozen', 'red')
    const reflector = start()
    await reflector.whenSynced()
    const [thing] = reflector.all()
    assert.ok(thing?.spec)
    assert.throws(() => Object.assign(thing.spec ?? {}, { color: 'blue' }), TypeError)
    assert.ok(!('managedFields' in thing.metadata))
  })

  it('is not woken by a status, but knows it', async () => {
    const { kube, told, start, paint, watching, hearing } = bench
    const made = await paint('judged', 'red')
    const reflector = start()
    await watching(1)
    await kube.client.applyStatus(kube.things, { metadata: made.metadata, status: { seen: 'red' } })
    await waitUntil({ until: 'the status is known' }, () => reflector.all()[0]?.status?.seen === 'red')
    assert.deepEqual(told, ['sweep judged'])
    await kube.client.patch(kube.things, { metadata: { name: 'judged', annotations: { 'a/b': 'c' } } })
    await hearing('change judged')
    assert.deepEqual(told, ['sweep judged', 'change judged'])
  })

  it('tells the keys that an object concerned before and those it concerns now', async () => {
    const { kube, told, start, paint, watching, hearing } = bench
    const made = await paint('moving', 'red')
    start({ keysOf: ({ spec }) => [`ns/${spec?.color}`] })
    await watching(1)
    told.length = 0
    await paint('moving', 'blue')
    await hearing('change blue')
    assert.deepEqual(told, ['change red', 'change blue'])
    told.length = 0
    await kube.client.delete(kube.things, made)
    await hearing('change blue')
  })

  it('is silent once stopped, whatever is still in flight', async () => {
    const { proxy, told, start, paint, lists, watching, hearing } = bench
    proxy.judge = () => 'silence'
    const reflector = start()
    await waitUntil({ until: 'it lists' }, () => lists().length === 1)
    await reflector.stop()
    proxy.judge = () => undefined
    reflector.start()
    await watching(1)
    await reflector.stop()
    await paint('late', 'red')
    assert.deepEqual([told, reflector.all()], [[], []])
    reflector.start()
    await hearing('change late')
    assert.equal(lists().length, 2)
  })

  it('ignores an answer that comes after it was stopped, from a client that would not be stopped', async () => {
    const { clock, told } = bench
    const listed = Promise.withResolvers<KubeList<never>>()
    const deaf = { list: () => listed.promise, watch: () => assert.fail('it watches') }
    const metrics = createKubeMetrics(new Registry())
    const reflector = new Reflector<Thing>(
      { client: deaf, clock, metrics, log: silentLog },
      { resource: bench.kube.things, onKey: (key) => void told.push(key) },
    )
    reflector.start()
    const stopped = reflector.stop()
    listed.resolve({ items: [{ metadata: { name: 'late' } } as never], resourceVersion: '1' })
    await stopped
    assert.deepEqual([told, reflector.all(), reflector.hasSynced()], [[], [], false])
  })

  it('sees of a Secret only that it changed', async () => {
    const { kube, start, watching, hearing } = bench
    const { secrets, client } = kube
    const password = (text: string) => ({ metadata: { name: 'sealed' }, stringData: { password: text } })
    await client.apply(secrets, password('hunter2'))
    const reflector = start({ resource: { ...secrets, metadataOnly: true } })
    await watching(1)
    await client.apply(secrets, password('hunter3'))
    await hearing('change sealed')
    assert.deepEqual(
      reflector.all().filter((secret) => 'data' in secret),
      [],
    )
  })

  it('outlives a listener that throws', async () => {
    const { told, start, paint, watching, hearing } = bench
    start({
      onKey: (key) => {
        told.push(`heard ${key.split('/')[1]}`)
        throw new Error('a bug')
      },
    })
    await watching(1)
    await paint('a', 'red')
    await hearing('heard a')
    await paint('b', 'red')
    await hearing('heard b')
  })
})
