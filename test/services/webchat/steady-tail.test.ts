import assert from 'node:assert/strict'
import { steadyTail } from '../../../services/webchat/steady-tail.ts'

describe('the tail of a reply that is being written', () => {
  const cases: readonly [written: string, shown: string][] = [
    ['plain words', 'plain words'],
    ['this is **impor', 'this is **impor**'],
    ['this is **', 'this is '],
    ['this is **important**', 'this is **important**'],
    ['run `kubec', 'run `kubec`'],
    ['see [our gui', 'see our gui'],
    ['see [our guide](https://docs.ex', 'see our guide'],
    ['see [our guide](https://docs.example/)', 'see [our guide](https://docs.example/)'],
    ['see ![a picture](https://x', 'see a picture'],
    ['```js\nconst a = [1', '```js\nconst a = [1'],
    ['- **first** and\n- **sec', '- **first** and\n- **sec**'],
    ['* ', '* '],
    ['an earlier [line\nstays', 'an earlier [line\nstays'],
  ]
  for (const [written, shown] of cases)
    it(`shows ${JSON.stringify(written)} as ${JSON.stringify(shown)}`, () =>
      assert.equal(steadyTail(written), shown))
})
