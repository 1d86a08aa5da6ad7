import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { kafkaAccess } from '../../../../services/shared/bus/kafka-access.ts'
import { kafkaContradictions, partSettings } from '../../../../services/shared/runtime/part-settings.ts'
import { readConfig } from '../../../../services/shared/runtime/read-config.ts'

const read = (settings: Readonly<Record<string, string>>) =>
  readConfig(
    partSettings,
    {
      KONSTRUCT_REDIS_URL: 'redis://cache',
      KONSTRUCT_KAFKA_BROKERS: 'one:9092,two:9092',
      ...Object.fromEntries(
        Object.entries(settings).map(([name, value]) => [`KONSTRUCT_KAFKA_${name}`, value]),
      ),
    },
    kafkaContradictions,
  )

describe('The settings for Kafka', () => {
  it('mean neither TLS nor a password unless they are given', () => {
    assert.deepEqual(kafkaAccess(read({})), { brokers: ['one:9092', 'two:9092'] })
  })

  it('become what the door takes, with a password that cannot be printed', () => {
    const given = { TLS: 'true', SASL_MECHANISM: 'scram-sha-512', USERNAME: 'ann', PASSWORD: 'hidden' }
    const { tls, sasl } = kafkaAccess(read(given))
    assert.deepEqual(tls, {})
    assert.deepEqual(
      [sasl?.mechanism, sasl?.username, sasl?.password.reveal()],
      ['scram-sha-512', 'ann', 'hidden'],
    )
    assert.ok(!inspect(read(given), { depth: 9 }).includes('hidden'))
  })

  it('are refused when they contradict one another, with what to set, and no secret', () => {
    const cases: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
      [{ SASL_MECHANISM: 'plain', USERNAME: 'ann' }, /=plain needs .*USERNAME and .*PASSWORD: set both/],
      [{ SASL_MECHANISM: 'plain', PASSWORD: 'hidden' }, /=plain needs .*USERNAME and .*PASSWORD: set both/],
      [{ PASSWORD: 'hidden' }, /need KONSTRUCT_KAFKA_SASL_MECHANISM: set it to plain, scram-sha-256/],
      [{ USERNAME: 'ann' }, /need KONSTRUCT_KAFKA_SASL_MECHANISM/],
      [{ TLS: 'true', CERT_FILE: '/cert.pem' }, /set both .*CERT_FILE and .*KEY_FILE, or neither/],
      [{ CERT_FILE: '/cert.pem', KEY_FILE: '/key.pem' }, /set KONSTRUCT_KAFKA_TLS=true/],
      [{ SASL_MECHANISM: 'gssapi' }, /must be one of none, plain, scram-sha-256, scram-sha-512/],
      [{ TLS: 'yes' }, /must be true or false/],
    ]
    for (const [settings, message] of cases)
      assert.throws(
        () => read(settings),
        (thrown: Error & { code: string }) => {
          assert.equal(thrown.code, 'CONFIG_INVALID')
          assert.match(thrown.message, message)
          return !thrown.message.includes('hidden')
        },
      )
  })

  it('are refused with files that hold no certificate and its key', () => {
    const files = { CERT_FILE: import.meta.filename, KEY_FILE: '/nowhere/key.pem', TLS: 'true' }
    assert.throws(() => kafkaAccess(read(files)), {
      code: 'CONFIG_INVALID',
      message: /CERT_FILE and KONSTRUCT_KAFKA_KEY_FILE must be a certificate and its key in PEM/,
    })
  })
})
