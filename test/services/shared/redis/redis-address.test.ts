import assert from 'node:assert/strict'
import { redisAddress } from '../../../../services/shared/redis/redis-address.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'

const read = (url: string) => redisAddress(new Secret(url))

describe('The URL of Redis', () => {
  it('is read with all its parts, decoded', () => {
    assert.deepEqual(read('redis://us%40er:p%2Fw@cache:6380/3'), {
      host: 'cache',
      port: 6380,
      username: 'us@er',
      password: 'p/w',
      db: 3,
    })
    assert.deepEqual(read('redis://:word@cache'), { host: 'cache', port: 6379, password: 'word', db: 0 })
  })

  it('means verified TLS in whatever case its scheme is written, with the name for a server that has several', () => {
    for (const url of ['rediss://cache', 'REDISS://cache'])
      assert.deepEqual(read(url).tls, { rejectUnauthorized: true, servername: 'cache' })
    for (const url of ['rediss://10.0.0.1', 'rediss://[::1]:6380'])
      assert.deepEqual(read(url).tls, { rejectUnauthorized: true })
    assert.equal(read('redis://cache').tls, undefined)
  })

  it('is refused with what would not be honoured in it, and never quoted', () => {
    const wrong = [
      'cache:6379',
      'http://:hidden@cache',
      'redis://:hidden@cache/zero',
      'redis://:hidden@cache?tls=true',
      'rediss://:hidden@cache/0?rejectUnauthorized=false',
    ]
    for (const url of wrong)
      assert.throws(
        () => read(url),
        (thrown: Error & { code: string }) =>
          thrown.code === 'CONFIG_INVALID' && !thrown.message.includes('hidden'),
        url,
      )
  })
})
