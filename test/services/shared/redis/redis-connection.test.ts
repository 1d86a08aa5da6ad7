// A Redis that answers, and refuses what it is for.
import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { sessionKey } from '../../../../services/shared/redis/keys.ts'
import { type OpenRedis, openRedisAt } from '../../../support/open-redis.ts'
import { ownRedis } from '../../../support/parts.ts'
import { waitUntil } from '../../../support/wait-until.ts'

const unavailable = { code: 'REDIS_UNAVAILABLE' }

describe('A Redis connection', () => {
  let admin: Redis
  let open: OpenRedis

  before(async () => {
    const { url } = await ownRedis()
    admin = new Redis(url)
    open = await openRedisAt(url)
  })
  after(() => {
    open.close()
    admin.disconnect()
  })

  const write = (): Promise<void> => open.redis.set(sessionKey('acme', 'thread'), 'value', 60)

  const connections = async (): Promise<number> =>
    Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1])

  it('is not fine while Redis is full and takes nothing', async () => {
    await open.redis.check()
    await admin.config('SET', 'maxmemory', '1')
    await assert.rejects(write, unavailable)
    await assert.rejects(open.redis.check(), unavailable)
    await admin.config('SET', 'maxmemory', '0')
    await open.redis.check()
    await write()
  })

  it('leaves a Redis that became a replica, once a second and not with every write', async () => {
    const before = await connections()
    await admin.replicaof('127.0.0.1', 1)
    try {
      await assert.rejects(write, unavailable)
      await waitUntil(
        { until: 'it has come again' },
        async () => open.redis.ready && (await connections()) > before,
      )
      const since = performance.now()
      for (let n = 0; n < 20; n += 1) await assert.rejects(write, unavailable)
      await assert.rejects(open.redis.check(), unavailable)
      const seconds = (performance.now() - since) / 1_000
      assert.ok((await connections()) - before <= 2 + seconds, 'it does not come anew for each of them')
    } finally {
      await admin.replicaof('NO', 'ONE')
    }
    await waitUntil({ until: 'it writes again' }, () =>
      write().then(
        () => true,
        () => false,
      ),
    )
  })
})
