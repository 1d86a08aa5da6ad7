import assert from 'node:assert/strict'
import type { KubeObject } from '../../../operator/kube/resource.ts'
import type { ErrorCode } from '../../../services/shared/runtime/errors.ts'
import { aKube, openClient, type AKube, type Thing } from './a-kube.ts'
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts'

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

const failsWith = (code: ErrorCode, said = '') => ({
  name: 'KonstructError',
  code,
  message: new RegExp(said, 'u'),
})

describe('KubeClient on a real API server', () => {
  let kube: AKube

  before(async function () {
    this.timeout(180_000)
    kube = await aKube()
  })

  after(() => kube.close())

  const aMap = (name: string, data: Record<string, string>) => ({
    metadata: { name, namespace: kube.namespace, labels: { owner: name } },
    data,
  })

  it('finds nothing where there is nothing', async () => {
    assert.equal(await kube.client.get(kube.configMaps, 'nothing'), undefined)
  })

  it('applies what should be, and takes back what should no longer be', async () => {
    const { client, configMaps } = kube
    await client.apply(configMaps, aMap('applied', { a: '1', b: '2' }))
    const applied = await client.apply<ConfigMap>(configMaps, aMap('applied', { b: '3' }))
    assert.deepEqual(applied.data, { b: '3' })
    assert.equal(applied.kind, 'ConfigMap')
  })

  it("leaves other managers' fields alone and takes its own back from them", async () => {
    const { client, configMaps } = kube
    await client.apply(configMaps, aMap('shared', { ours: '1' }))
    await client.patch(configMaps, { metadata: { name: 'shared' }, data: { theirs: 'x', ours: 'stolen' } })
    const applied = await client.apply<ConfigMap>(configMaps, aMap('shared', { ours: '1' }))
    assert.deepEqual(applied.data, { ours: '1', theirs: 'x' })
  })

  it('applies again what it read, whatever the server had added', async () => {
    const { client, configMaps } = kube
    const first = await client.apply<ConfigMap>(configMaps, aMap('again', { a: '1' }))
    const second = await client.apply<ConfigMap>(configMaps, { ...first })
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
  })

  it('writes a status without touching the rest, and never creates by it', async () => {
    const { client, things, aThing } = kube
    const made = await client.apply<Thing>(things, aThing('with-status', 'red'))
    const judged = await client.applyStatus<Thing>(things, {
      metadata: made.metadata,
      spec: { color: 'blue' },
      status: { seen: 'red' },
    })
    assert.deepEqual([judged.spec, judged.status], [{ color: 'red' }, { seen: 'red' }])
    assert.equal(judged.metadata.generation, made.metadata.generation)
    const nobody = client.applyStatus(things, { metadata: { name: 'nobody' }, status: {} })
    await assert.rejects(nobody, failsWith('KUBE_NOT_FOUND'))
  })

  it('does not write to a namesake that came after', async () => {
    const { client, things, aThing } = kube
    const old = await client.apply<Thing>(things, aThing('reborn', 'red'))
    await client.delete(things, old)
    await client.apply(things, aThing('reborn', 'green'))
    const late = { metadata: old.metadata, status: { seen: 'red' } }
    await assert.rejects(client.applyStatus(things, late), failsWith('KUBE_CONFLICT'))
    await assert.rejects(client.apply(things, { ...old }), failsWith('KUBE_CONFLICT'))
    await assert.rejects(client.delete(things, old), failsWith('KUBE_CONFLICT'))
    assert.deepEqual((await client.get<Thing>(things, 'reborn'))?.spec, { color: 'green' })
  })

  it('creates once and replaces only what it has read', async () => {
    const { client, configMaps } = kube
    const made = await client.create<ConfigMap>(configMaps, aMap('made', { a: '1' }))
    await assert.rejects(client.create(configMaps, aMap('made', {})), failsWith('KUBE_CONFLICT'))
    const { data: _, ...rest } = made
    await client.replace(configMaps, { ...rest, data: { a: '2' } })
    await assert.rejects(
      client.replace(configMaps, { ...rest, data: { a: '3' } }),
      failsWith('KUBE_CONFLICT'),
    )
    assert.deepEqual((await client.get<ConfigMap>(configMaps, 'made'))?.data, { a: '2' })
  })

  it('deletes what is there and does not mind what is not', async () => {
    const { client, configMaps } = kube
    const made = await client.apply<ConfigMap>(configMaps, aMap('deleted', {}))
    await client.delete(configMaps, made)
    await client.delete(configMaps, made)
    assert.equal(await client.get(configMaps, 'deleted'), undefined)
  })

  it('says why it was refused', async () => {
    const { client, things, configMaps } = kube
    const badName = client.apply(configMaps, { metadata: { name: 'Bad_Name' } })
    await assert.rejects(badName, failsWith('KUBE_REFUSED', '422 Invalid: .*RFC 1123'))
    const unknown = client.list({ ...things, plural: 'nothings' })
    await assert.rejects(unknown, failsWith('KUBE_NOT_FOUND'))
    const expired = client.list({ ...things, plural: 'things?continue=abc' })
    await assert.rejects(expired, failsWith('KUBE_REFUSED'))
  })

  it('does not repeat what the server says about a Secret', async () => {
    const { client, secrets } = kube
    const wrong = client.create(secrets, {
      metadata: { name: 'wrong' },
      data: { password: 'hunter2 is not base64' },
    })
    await assert.rejects(wrong, (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2|base64/u)
      return true
    })
  })

  it('can leave out what a Secret holds', async () => {
    const { client, secrets } = kube
    await client.apply(secrets, { metadata: { name: 'sealed' }, stringData: { password: 'hunter2' } })
    const blind = { ...secrets, metadataOnly: true } as const
    const seen = [await client.get(blind, 'sealed'), (await client.list(blind)).items]
    assert.match(JSON.stringify(seen), /"sealed"/u)
    assert.doesNotMatch(JSON.stringify(seen), /aHVudGVyMg|hunter2/u)
  })

  it('ends a call when its caller no longer wants it', async () => {
    const reason = new Error('no longer wanted')
    const call = kube.client.list(kube.configMaps, AbortSignal.abort(reason))
    await assert.rejects(call, reason)
  })

  describe('with faults on the way', () => {
    let proxy: FaultProxy
    let way: ReturnType<typeof openClient>

    beforeEach(async () => {
      proxy = await startFaultProxy(kube.kubeconfig)
      way = openClient(proxy.kubeconfig)
    })

    afterEach(async () => {
      await way.connection.close()
      await proxy.close()
    })

    it('reads a list page by page', async () => {
      const { client, things, aThing } = kube
      for (const name of ['page-1', 'page-2', 'page-3', 'page-4', 'page-5'])
        await client.apply(things, aThing(name, 'red'))
      proxy.rewrite = (url) => url.replace('limit=500', 'limit=2')
      const names = (await way.client.list(things)).items.map(({ metadata }) => metadata.name)
      const whole = (await client.list(things)).items.map(({ metadata }) => metadata.name)
      assert.deepEqual(names, whole)
      assert.ok(proxy.seen.length >= 3)
    })

    it('reads a list in one piece when its pages grow too old', async () => {
      const { client, things, aThing } = kube
      for (const name of ['page-1', 'page-2', 'page-3']) await client.apply(things, aThing(name, 'red'))
      proxy.rewrite = (url) => url.replace('limit=500', 'limit=2')
      proxy.judge = (url) => (url.includes('continue=') ? { status: 410 } : undefined)
      const listed = await way.client.list(things)
      assert.equal(listed.items.length, (await client.list(things)).items.length)
    })

    it('passes on for how long the server wants to be left alone', async () => {
      for (const status of [429, 503]) {
        proxy.judge = () => ({ status, headers: { 'retry-after': '7' }, body: 'busy' })
        await assert.rejects(way.client.get(kube.things, 'any'), {
          code: 'KUBE_UNAVAILABLE',
          retryAfterMs: 7000,
        })
      }
    })

    it('tries once more when a connection breaks under it', async () => {
      const verdicts = ['cut', undefined] as const
      proxy.judge = () => verdicts[proxy.seen.length - 1]
      await way.client.apply(kube.things, kube.aThing('through', 'red'))
      proxy.judge = () => 'cut'
      await assert.rejects(way.client.get(kube.things, 'through'), failsWith('KUBE_UNAVAILABLE'))
    })

    it('reads its credentials again when they are not accepted', async () => {
      await way.client.list(kube.things)
      proxy.useToken('second')
      await way.client.list(kube.things)
      proxy.judge = () => (proxy.seen.at(-1)?.authorization === 'Bearer first' ? { status: 401 } : undefined)
      await way.client.list(kube.things)
      const tokens = proxy.seen.map(({ authorization }) => authorization?.replace('Bearer ', ''))
      assert.deepEqual(tokens, ['first', 'first', 'first', 'second'])
      proxy.judge = () => ({ status: 401 })
      await assert.rejects(way.client.list(kube.things), failsWith('KUBE_UNAVAILABLE', '401'))
    })
  })
})
