import assert from 'node:assert/strict'
import { rateLimitKey } from '../../../../services/shared/redis/keys.ts'
import { takeToken } from '../../../../services/shared/redis/token-bucket.ts'
import { freshRedis } from '../../../support/fresh-redis.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'

describe('A token bucket', () => {
  let open: OpenRedis
  before(async () => {
    open = await openRedisAt((await freshRedis()).url)
  })
  after(() => open.close())

  it('gives its burst and then says how long to wait, however many ask at once', async () => {
    const rate = { perMinute: 1, burst: 5 }
    const waits = await Promise.all(
      Array.from({ length: 20 }, () => takeToken(open.redis, rateLimitKey('acme', 'web'), rate)),
    )
    assert.equal(waits.filter((wait) => wait === 0).length, 5)
    assert.ok(waits.every((wait) => wait <= 60_000))
  })

  it('fills again at its rate', async () => {
    const rate = { perMinute: 120, burst: 1 }
    const key = rateLimitKey('filling', 'web')
    const [first, wait] = await Promise.all([
      takeToken(open.redis, key, rate),
      takeToken(open.redis, key, rate),
    ])
    assert.equal(first, 0)
    assert.ok(wait > 0 && wait <= 500)
    await new Promise((resolve) => {
      setTimeout(resolve, wait + 1)
    })
    assert.equal(await takeToken(open.redis, key, rate), 0)
  })

  it('is another one for another tenant', async () => {
    const rate = { perMinute: 1, burst: 1 }
    assert.equal(await takeToken(open.redis, rateLimitKey('one', 'web'), rate), 0)
    assert.equal(await takeToken(open.redis, rateLimitKey('two', 'web'), rate), 0)
    assert.ok((await takeToken(open.redis, rateLimitKey('one', 'web'), rate)) > 0)
  })
})
