import assert from 'node:assert/strict'
import { addFinalizer, removeFinalizer } from '../../../operator/kube/finalizers.ts'
import { aKube, type AKube, type Thing } from './a-kube.ts'

const ours = 'konstruct.dev/test'
const theirs = 'example.com/other'
const conflict = { code: 'KUBE_CONFLICT' }

describe('a finalizer', () => {
  let kube: AKube

  beforeEach(async () => {
    kube = await aKube()
  })

  afterEach(() => kube.close())

  const make = async () => {
    const { client, things, aThing } = kube
    return {
      ports: { client, resource: things },
      thing: await client.apply<Thing>(things, aThing('held', 'red')),
    }
  }

  it('holds a deleted object back until it is removed', async () => {
    const { ports, thing } = await make()
    const held = await addFinalizer(ports, thing, ours)
    await kube.client.delete(kube.things, held)
    const dying = (await kube.client.get<Thing>(kube.things, 'held')) ?? assert.fail('it is gone')
    assert.ok(dying.metadata.deletionTimestamp)
    await removeFinalizer(ports, dying, ours)
    assert.equal(await kube.client.get(kube.things, 'held'), undefined)
  })

  it('is not written again when it is there, nor removed when it is not', async () => {
    const { ports, thing } = await make()
    assert.equal(await removeFinalizer(ports, thing, ours), thing)
    const held = await addFinalizer(ports, thing, ours)
    assert.equal(await addFinalizer(ports, held, ours), held)
  })

  it('stands beside those of others', async () => {
    const { ports, thing } = await make()
    const both = await addFinalizer(ports, await addFinalizer(ports, thing, theirs), ours)
    assert.deepEqual(both.metadata.finalizers, [theirs, ours])
    assert.deepEqual((await removeFinalizer(ports, both, ours)).metadata.finalizers, [theirs])
  })

  it('does not undo what others changed meanwhile, nor touch a namesake that came after', async () => {
    const { ports, thing } = await make()
    await addFinalizer(ports, thing, theirs)
    await assert.rejects(addFinalizer(ports, thing, ours), conflict)
    const held = (await kube.client.get<Thing>(kube.things, 'held')) ?? assert.fail('it is gone')
    const freed = await removeFinalizer(ports, held, theirs)
    await kube.client.delete(kube.things, freed)
    await make()
    await assert.rejects(addFinalizer(ports, freed, ours), conflict)
  })
})
