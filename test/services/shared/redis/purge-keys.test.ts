import assert from 'node:assert/strict'
import { everyKeyOf, idempotencyKey } from '../../../../services/shared/redis/keys.ts'
import { countKeys, purgeKeys } from '../../../../services/shared/redis/purge-keys.ts'
import { freshRedis } from '../../../support/fresh-redis.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'

describe('Purging the keys of a tenant', () => {
  let open: OpenRedis
  before(async () => {
    open = await openRedisAt((await freshRedis()).url)
  })
  after(() => open.close())

  it('takes all of its keys and none of a tenant whose name begins alike', async () => {
    for (let n = 0; n < 2_500; n += 1) await open.redis.set(idempotencyKey('acme', `${n}`), 'x', 60)
    await open.redis.set(idempotencyKey('acme2', 'kept'), 'x', 60)
    await open.redis.set(idempotencyKey('ac', 'kept'), 'x', 60)
    assert.equal(await countKeys(open.redis, 'acme'), 2_500)
    assert.equal(await purgeKeys(open.redis, 'acme'), 2_500)
    assert.equal(await countKeys(open.redis, 'acme'), 0)
    assert.deepEqual([await countKeys(open.redis, 'acme2'), await countKeys(open.redis, 'ac')], [1, 1])
    assert.equal(everyKeyOf('acme'), 'acme:*')
  })
})
