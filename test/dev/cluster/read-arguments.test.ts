import assert from 'node:assert/strict'
import { readArguments } from '../../../dev/cluster/read-arguments.ts'

describe('The arguments of npm run cluster', () => {
  it('name one verb', () => {
    for (const verb of ['up', 'down', 'status', 'load', 'stores', 'keda'])
      assert.deepEqual(readArguments([verb]), { verb, useKubeconfig: false, tag: undefined })
  })

  it('can ask for the cluster of KUBECONFIG and for a tag', () => {
    assert.deepEqual(readArguments(['load', '--use-kubeconfig', '--tag', '1.2.3']), {
      verb: 'load',
      useKubeconfig: true,
      tag: '1.2.3',
    })
  })

  it('are refused with the usage when they make no sense', () => {
    const wrong = [
      [],
      ['start'],
      ['up', 'down'],
      ['up', '--tag', 'x'],
      ['load', '--tag', 'a b'],
      ['up', '--fast'],
    ]
    for (const given of wrong)
      assert.throws(() => readArguments(given), { code: 'CONFIG_INVALID', message: /npm run cluster -- / })
  })
})
