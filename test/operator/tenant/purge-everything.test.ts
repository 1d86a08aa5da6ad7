import assert from 'node:assert/strict'
import { purgeEverything } from '../../../operator/tenant/purge-everything.ts'
import type { RedisConnection } from '../../../services/shared/redis/redis-connection.ts'
import { asKonstructError } from '../../../services/shared/runtime/errors.ts'
import { publishTenant } from '../../../services/shared/store/publish-tenant.ts'
import { readTenant } from '../../../services/shared/store/read-tenant.ts'
import { freshRedis } from '../../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../../support/open-redis.ts'
import { aTenant } from '../manifests.ts'
import { chat, countLeftovers } from '../scenes.ts'

describe('Purging everything of a tenant', () => {
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

  const publish = (more: { readonly namespace: string; readonly uid: string }): Promise<number> => {
    const { spec } = aTenant('acme')
    const settings = { spec: spec as never, web: spec.channels.web as never, agents: [], secrets: [] }
    return publishTenant(store.operator, { tenant: 'acme', state: 'active', ...settings, ...more })
  }

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
    await purgeEverything({ database: store.operator, redis }, owner)
    assert.deepEqual([...new Set(tries)], ['TENANT_NAME_TAKEN'])
    assert.equal(await countLeftovers({ store, redis: opened.redis }), 0)
    await publish({ namespace: 'elsewhere', uid: 'second' })
    assert.equal((await readTenant(store.app, 'acme'))?.entry.namespace, 'elsewhere')
  })
})
