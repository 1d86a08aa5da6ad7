import assert from 'node:assert/strict'
import { isWorthALook, ObjectStore } from '../../../operator/kube/object-store.ts'
import type { KubeObject, ObjectMeta } from '../../../operator/kube/resource.ts'

const anObject = (meta: Partial<ObjectMeta> = {}): KubeObject => ({
  metadata: { name: 'a', namespace: 'ns', uid: '1', resourceVersion: '1', generation: 1, ...meta },
})

const cases: readonly (readonly [string, Partial<ObjectMeta>, boolean])[] = [
  ['nothing', {}, false],
  ['the status', { resourceVersion: '2' }, false],
  ['the spec', { generation: 2 }, true],
  ['a label', { labels: { a: 'b' } }, true],
  ['an annotation', { annotations: { a: 'b' } }, true],
  ['a finalizer', { finalizers: ['a/b'] }, true],
  ['the wish to be deleted', { deletionTimestamp: '2030-01-01T00:00:00Z' }, true],
  ['the object itself, under the same name', { uid: '2' }, true],
]

describe('isWorthALook', () => {
  for (const [what, meta, expected] of cases)
    it(`is ${expected} when ${what} changed`, () => {
      assert.equal(isWorthALook({ before: anObject(), after: anObject(meta) }), expected)
    })

  it('is true for any write to a kind that counts no generations', () => {
    const aMap = (resourceVersion: string): KubeObject => ({ metadata: { name: 'a', resourceVersion } })
    assert.equal(isWorthALook({ before: aMap('1'), after: aMap('2') }), true)
    assert.equal(isWorthALook({ before: aMap('1'), after: aMap('1') }), false)
  })

  it('is true for what came and for what went, false for what was never there', () => {
    assert.equal(isWorthALook({ before: undefined, after: anObject() }), true)
    assert.equal(isWorthALook({ before: anObject(), after: undefined }), true)
    assert.equal(isWorthALook({ before: undefined, after: undefined }), false)
  })
})

describe('ObjectStore', () => {
  it('replaces everything, and says what came, went and changed', () => {
    const store = new ObjectStore<KubeObject>()
    store.put(anObject({ name: 'gone' }))
    store.put(anObject({ name: 'kept' }))
    const changes = store.replace([anObject({ name: 'kept', generation: 2 }), anObject({ name: 'new' })])
    assert.deepEqual(
      changes.map(({ before, after }) => [before?.metadata.name, after?.metadata.name]),
      [
        ['gone', undefined],
        ['kept', 'kept'],
        [undefined, 'new'],
      ],
    )
    assert.deepEqual(
      store.all().map(({ metadata }) => metadata.name),
      ['kept', 'new'],
    )
    assert.equal(store.get('ns/kept')?.metadata.generation, 2)
  })

  it('leaves the object that it was given as it was', () => {
    const given = { metadata: { name: 'a', managedFields: [] } }
    new ObjectStore<KubeObject>().put(given)
    assert.ok(!Object.isFrozen(given))
    assert.ok('managedFields' in given.metadata)
  })

  it('finds objects by what they say now, and no longer by what they said', () => {
    const labelled = (name: string, color: string) => anObject({ name, labels: { color } })
    const store = new ObjectStore(({ metadata }) => metadata.labels?.['color'])
    const named = (color: string) => store.by(color).map(({ metadata }) => metadata.name)
    store.replace([labelled('a', 'red'), labelled('b', 'red'), anObject({ name: 'c' })])
    assert.deepEqual(named('red'), ['a', 'b'])
    store.put(labelled('a', 'blue'))
    assert.deepEqual([named('red'), named('blue')], [['b'], ['a']])
    store.remove(labelled('b', 'red'))
    store.replace([labelled('a', 'green')])
    assert.deepEqual([named('red'), named('blue'), named('green')], [[], [], ['a']])
  })
})
