import assert from 'node:assert/strict'
import { EventRecorder, type Happening } from '../../../operator/kube/event-recorder.ts'
import type { KubeObject, Resource } from '../../../operator/kube/resource.ts'
import { KonstructError } from '../../../services/shared/runtime/errors.ts'
import { silentLog, type Facts } from '../../../services/shared/runtime/log.ts'
import { FakeClock } from '../fake-clock.ts'
import { aKube, type AKube, type Thing } from './a-kube.ts'

interface Event extends KubeObject {
  readonly note: string
  readonly reason: string
  readonly regarding: Readonly<Record<string, string>>
  readonly reportingController: string
  readonly reportingInstance: string
  readonly series?: { readonly count: number; readonly lastObservedTime: string }
}

const published: Happening = {
  type: 'Normal',
  reason: 'Published',
  action: 'Publish',
  note: 'The configuration is published.',
}

describe('EventRecorder on a real API server', () => {
  let kube: AKube
  let clock: FakeClock
  let recorder: EventRecorder
  let thing: Thing
  let warnings: (Facts | undefined)[]

  beforeEach(async () => {
    kube = await aKube()
    clock = new FakeClock()
    warnings = []
    const log = { ...silentLog, warn: (_: string, facts?: Facts) => void warnings.push(facts) }
    recorder = new EventRecorder({ client: kube.client, clock, log, instance: 'operator-0' })
    thing = await kube.client.apply<Thing>(kube.things, kube.aThing('acme', 'red'))
  })

  afterEach(() => kube.close())

  const events = async (): Promise<readonly Event[]> => {
    await recorder.settled()
    const resource: Resource = {
      group: 'events.k8s.io',
      version: 'v1',
      kind: 'Event',
      plural: 'events',
      namespace: kube.namespace,
    }
    return (await kube.client.list<Event>(resource)).items
  }

  it('tells what happened to an object, so that kubectl describe finds it', async () => {
    recorder.record(thing, published)
    const [event] = await events()
    assert.equal(event?.note, published.note)
    assert.equal(event.reportingController, 'konstruct.dev/operator')
    assert.equal(event.reportingInstance, 'operator-0')
    const { apiVersion, kind, name, uid } = event.regarding
    assert.deepEqual(
      [apiVersion, kind, name, uid],
      ['test.konstruct.dev/v1', 'Thing', 'acme', thing.metadata.uid],
    )
    assert.deepEqual(warnings, [])
  })

  it('counts what happens again, and tells anew after six minutes', async () => {
    for (let time = 0; time < 3; time += 1) recorder.record(thing, published)
    const [event, ...others] = await events()
    assert.equal(event?.series?.count, 3)
    assert.deepEqual(others, [])
    await clock.advance(360_000)
    recorder.record(thing, published)
    assert.equal((await events()).length, 2)
  })

  it('tells different things apart', async () => {
    recorder.record(thing, published)
    recorder.record(thing, { ...published, note: 'Something else.' })
    const other = await kube.client.apply<Thing>(kube.things, kube.aThing('globex', 'red'))
    recorder.record(other, published)
    assert.equal((await events()).length, 3)
  })

  it('tells 25 things about an object at once and one more every five minutes, however many there are', async () => {
    const flood = () => {
      for (let time = 0; time < 40; time += 1)
        recorder.record(thing, { ...published, note: `${clock.now()} ${time}` })
    }
    flood()
    assert.equal((await events()).length, 25)
    await clock.advance(300_000)
    flood()
    assert.equal((await events()).length, 26)
    const other = await kube.client.apply<Thing>(kube.things, kube.aThing('globex', 'red'))
    recorder.record(other, published)
    assert.equal((await events()).length, 27)
  })

  it('cuts a note that is too long for the API, between characters', async () => {
    recorder.record(thing, { ...published, note: 'ä'.repeat(2000) })
    const [event] = await events()
    assert.match(event?.note ?? '', /^ä{500,512}$/u)
  })

  it('tells anew what it could not tell', async () => {
    let isAway = true
    const { client } = kube
    const create: typeof client.create = (...args) =>
      isAway ? Promise.reject(new KonstructError('KUBE_UNAVAILABLE')) : client.create(...args)
    const ports = { clock, log: silentLog, instance: 'operator-0' }
    recorder = new EventRecorder({ ...ports, client: { create, patch: client.patch.bind(client) } })
    recorder.record(thing, published)
    assert.deepEqual(await events(), [])
    isAway = false
    recorder.record(thing, published)
    assert.equal((await events()).length, 1)
  })

  it('fails nobody when it cannot tell', async () => {
    recorder.record({ ...thing, metadata: { ...thing.metadata, namespace: 'no-such-namespace' } }, published)
    assert.deepEqual(await events(), [])
    assert.deepEqual(
      warnings.map((facts) => facts?.code),
      ['KUBE_NOT_FOUND'],
    )
  })
})
