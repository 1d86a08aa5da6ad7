import assert from 'node:assert/strict'
import { purgeEverything } from '../../../operator/tenant/purge-everything.ts'
import { PurgeReceipt } from '../../../operator/tenant/purge-receipt.ts'
import type { RedisConnection } from '../../../services/shared/redis/redis-connection.ts'
import { asKonstructError } from '../../../services/shared/runtime/errors.ts'
import { countRows } from '../../../services/shared/store/purge-tenant.ts'
import { readTenant } from '../../../services/shared/store/read-tenant.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../../support/open-redis.ts'
import { chat, countLeftovers } from '../scenes.ts'
import { publishTestTenant } from './stubbed-ports.ts'

describe('Purging everything of a tenant', function () {
  this.timeout(30_000)
  let store: FreshStore
  let opened: OpenRedis

  beforeEach(async () => {
    store = await freshStore()
    opened = await openRedisAt((await freshRedis()).url)
  })
  afterEach(async () => {
    opened.close()
    await store.close()
  })

  const owner = { tenant: 'acme', namespace: 'here', uid: 'first', state: 'deleting' } as const

  const publish = (more: { readonly namespace: string; readonly uid: string }): Promise<number> =>
    publishTestTenant(store.operator, 'acme', more)

  /** Does something right before each look at the keys, which is when the rows are gone. */
  const lookingLater = (before: () => Promise<void>): RedisConnection =>
    new Proxy(opened.redis, {
      get: (redis, name) => {
        if (name !== 'scan') return (Reflect.get(redis, name) as () => unknown).bind(redis)
        return async function* (glob: Parameters<RedisConnection['scan']>[0]) {
          await before()
          yield* redis.scan(glob)
        }
      },
    })

  it('leaves the name to nobody else before all is gone, and nothing behind then', async () => {
    await publish(owner)
    await chat({ store, redis: opened.redis })
    const tries: string[] = []
    const redis = lookingLater(async () => {
      const published = publish({ namespace: 'elsewhere', uid: 'second' })
      tries.push(
        await published.then(
          () => 'published',
          (thrown: unknown) => asKonstructError(thrown).code,
        ),
      )
    })
    await purgeEverything({ database: store.operator, redis }, owner, {
      receipt: new PurgeReceipt(),
      mayGoOn: () => {},
    })
    assert.deepEqual([...new Set(tries)], ['TENANT_NAME_TAKEN'])
    assert.equal(await countLeftovers({ store, redis: opened.redis }), 0)
    await publish({ namespace: 'elsewhere', uid: 'second' })
    assert.equal((await readTenant(store.app, 'acme'))?.entry.namespace, 'elsewhere')
  })

  it('ends before the step for which it may not go on, and counts on when it is called again', async () => {
    const stores = { database: store.operator, redis: opened.redis }
    await publish(owner)
    await chat({ store, redis: opened.redis })
    const receipt = new PurgeReceipt()
    let steps = 3
    const mayGoOn = (): void => {
      steps -= 1
      if (steps === 0) throw new Error('Enough.')
    }
    await assert.rejects(purgeEverything(stores, owner, { receipt, mayGoOn }), /Enough/)
    const { open_turns, messages, turns } = await countRows(store.operator, 'acme')
    assert.deepEqual([open_turns, messages, turns], [0, 0, 1])
    await purgeEverything(stores, owner, { receipt, mayGoOn: () => {} })
    assert.match(receipt.describe(), /^open_turns 1, messages 1, turns 1, conversations 1, .*Redis keys 1$/)
  })
})
