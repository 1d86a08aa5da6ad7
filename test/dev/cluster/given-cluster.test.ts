import assert from 'node:assert/strict'
import { loadCommand } from '../../../dev/cluster/given-cluster.ts'

describe('A cluster that KUBECONFIG names', () => {
  it('takes an image in the way of its kind', () => {
    assert.deepEqual(loadCommand('kind-dev', 'a:1'), ['kind', 'load', 'docker-image', 'a:1', '--name', 'dev'])
    assert.deepEqual(loadCommand('k3d-dev', 'a:1'), ['k3d', 'image', 'import', 'a:1', '--cluster', 'dev'])
    assert.deepEqual(loadCommand('minikube', 'a:1'), [
      'minikube',
      'image',
      'load',
      'a:1',
      '--profile',
      'minikube',
    ])
  })

  it('is not touched when it is of no such kind', () => {
    assert.equal(loadCommand('production', 'a:1'), undefined)
  })
})
