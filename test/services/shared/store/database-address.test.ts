import assert from 'node:assert/strict'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { databaseAddress } from '../../../../services/shared/store/database-address.ts'

const read = (url: string) => databaseAddress(new Secret(url))

describe('The URL of PostgreSQL', () => {
  it('is read with all its parts, decoded', () => {
    assert.deepEqual(read('postgresql://us%40er:p%2F%3Aw@[::1]:6543/da%20ta'), {
      host: '::1',
      port: 6543,
      user: 'us@er',
      password: 'p/:w',
      database: 'da ta',
      ssl: false,
    })
    assert.equal(read('postgres://user@db/konstruct').port, 5432)
    assert.equal(read('postgres://user@db/konstruct').password, undefined)
  })

  it('means verified TLS or none', () => {
    const sslOf = (mode: string) => read(`postgres://user@db/konstruct?sslmode=${mode}`).ssl
    assert.deepEqual(sslOf('verify-full'), { rejectUnauthorized: true })
    assert.deepEqual(sslOf('require'), { rejectUnauthorized: true })
    assert.equal(sslOf('disable'), false)
    for (const mode of ['no-verify', 'prefer', 'allow', 'verify-ca', 'VERIFY-FULL', ''])
      assert.throws(() => sslOf(mode), { code: 'CONFIG_INVALID', message: /certificates are verified/ }, mode)
  })

  it('is refused with what would not be honoured in it, named', () => {
    for (const name of ['ssl', 'sslrootcert', 'options', 'host', 'channel_binding', 'uselibpqcompat'])
      assert.throws(
        () => read(`postgres://user:hidden@db/konstruct?sslmode=verify-full&${name}=0`),
        (thrown: Error) =>
          thrown.message.includes(`the parameter ${name}`) && !thrown.message.includes('hidden'),
        name,
      )
  })

  it('is refused when it is none, and never quoted', () => {
    const wrong = [
      'hidden',
      'mysql://user:hidden@db/konstruct',
      'postgres://user:hidden@db:port/konstruct',
      'postgres://user:hid%den@db/konstruct',
      'postgres://user:hidden@/konstruct',
      'postgres://:hidden@db/konstruct',
      'postgres://user:hidden@db',
    ]
    for (const url of wrong)
      assert.throws(
        () => read(url),
        (thrown: Error & { code: string }) =>
          thrown.code === 'CONFIG_INVALID' &&
          !/hid(den|%)/.test(thrown.message) &&
          thrown.cause === undefined,
        url,
      )
  })
})
