import assert from 'node:assert/strict'
import { readArguments } from '../../../dev/demo/read-arguments.ts'

describe('The arguments of the demo', () => {
  it('have defaults', () => {
    assert.deepEqual(readArguments([]), {
      once: undefined,
      kubernetes: false,
      gateways: 1,
      orchestrators: 1,
      port: 8080,
    })
  })

  it('are taken as given', () => {
    const given = [
      '--once',
      'Hello',
      '--kubernetes',
      '--gateways',
      '2',
      '--orchestrators=3',
      '--port',
      '9000',
    ]
    assert.deepEqual(readArguments(given), {
      once: 'Hello',
      kubernetes: true,
      gateways: 2,
      orchestrators: 3,
      port: 9_000,
    })
  })

  for (const given of [['--gateway', '2'], ['--gateways', '0'], ['--gateways', 'two'], ['hello'], ['--once']])
    it(`tell the usage when they are ${given.join(' ')}`, () => {
      assert.throws(() => readArguments(given), {
        code: 'CONFIG_INVALID',
        message: /npm run demo -- \[options\]/,
      })
    })
})
