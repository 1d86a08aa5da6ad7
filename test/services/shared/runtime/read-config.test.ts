import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import {
  choice,
  flag,
  integer,
  list,
  readConfig,
  secret,
  Secret,
  text,
} from '../../../../services/shared/runtime/read-config.ts'

const table = {
  name: text({ env: 'NAME', about: 'who it is' }),
  port: integer({ env: 'PORT', about: 'where it listens', fallback: 8080, min: 1, max: 65_535 }),
  brokers: list({ env: 'BROKERS', about: 'who carries', fallback: [] }),
  warm: flag({ env: 'WARM', about: 'whether it waits', fallback: false }),
  level: choice({ env: 'LEVEL', about: 'how loud', values: ['info', 'debug'], fallback: 'info' }),
  password: secret({ env: 'PASSWORD', about: 'what opens it' }),
}

describe('Reading the configuration', () => {
  it('takes what is given and falls back for the rest', () => {
    const config = readConfig(table, { NAME: 'a', PASSWORD: 'p', BROKERS: ' one:1, two:2 ', PORT: '' })
    assert.deepEqual(
      [config.name, config.port, config.brokers, config.warm, config.level],
      ['a', 8080, ['one:1', 'two:2'], false, 'info'],
    )
    assert.equal(config.password.reveal(), 'p')
    assert.ok(Object.isFrozen(config))
  })

  it('tells every problem at once, with the setting and its sentence, and no value', () => {
    assert.throws(
      () => readConfig(table, { PORT: 'secretly', WARM: 'yes', LEVEL: 'loud' }),
      (thrown: Error & { code: string }) => {
        assert.equal(thrown.code, 'CONFIG_INVALID')
        for (const name of [
          'NAME must be set (who it is)',
          'PASSWORD must be set',
          'PORT must be a whole number',
        ])
          assert.ok(thrown.message.includes(name), name)
        assert.match(thrown.message, /WARM must be true or false.*LEVEL must be one of info, debug/)
        assert.ok(!thrown.message.includes('secretly'))
        return true
      },
    )
  })

  it('refuses an environment in which Node would trust any certificate', () => {
    const weakened = { NAME: 'a', PASSWORD: 'p', NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    assert.throws(() => readConfig(table, weakened), /take out NODE_TLS_REJECT_UNAUTHORIZED.*EXTRA_CA_CERTS/)
    readConfig(table, { ...weakened, NODE_TLS_REJECT_UNAUTHORIZED: '1' })
  })

  it('gives a secret that cannot be printed by accident', () => {
    const hidden = new Secret('hunter2')
    const printed = [String(hidden), JSON.stringify({ hidden }), inspect({ hidden }), inspect(hidden)]
    for (const one of printed) {
      assert.ok(!one.includes('hunter2'))
      assert.ok(one.includes('[secret]'))
    }
  })
})
