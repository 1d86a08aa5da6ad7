import assert from 'node:assert/strict'
import { memoryShortKey } from '../../../../services/shared/redis/keys.ts'
import { recall, remember, replaceMemory } from '../../../../services/shared/redis/short-memory.ts'
import { freshRedis } from '../../../support/fresh-redis.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'

const exchange = (n: number) => ({ turn: `t${n}`, user: `question ${n}`, reply: `answer ${n}` })
const bounds = { exchanges: 3, ttlSeconds: 60 }

describe('Short memory', () => {
  let open: OpenRedis
  before(async () => {
    open = await openRedisAt((await freshRedis()).url)
  })
  after(() => open.close())

  it('must be rebuilt when it is missing, and is not begun in the middle', async () => {
    const key = memoryShortKey('acme', 'support', 'missing')
    await remember(open.redis, key, exchange(7), bounds)
    assert.equal(await recall(open.redis, key), null)
  })

  it('keeps the newest exchanges, each turn once', async () => {
    const key = memoryShortKey('acme', 'support', 'ann')
    await replaceMemory(open.redis, key, [exchange(1), exchange(2)], bounds)
    for (const n of [3, 3, 4]) await remember(open.redis, key, exchange(n), bounds)
    assert.deepEqual(await recall(open.redis, key), [exchange(2), exchange(3), exchange(4)])
  })

  it('is replaced by what it is rebuilt from', async () => {
    const key = memoryShortKey('acme', 'support', 'bob')
    await replaceMemory(open.redis, key, [exchange(1)], bounds)
    await replaceMemory(open.redis, key, [exchange(5)], bounds)
    assert.deepEqual(await recall(open.redis, key), [exchange(5)])
  })
})
