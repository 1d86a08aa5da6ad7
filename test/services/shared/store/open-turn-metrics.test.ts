import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import { Database } from '../../../../services/shared/store/database.ts'
import { watchOpenTurns } from '../../../../services/shared/store/open-turn-metrics.ts'
import { Secret } from '../../../../services/shared/runtime/read-config.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { talkingTenant } from '../../../support/talking-tenant.ts'

describe('The metrics of what is open', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  const tellOf = (database: Database, limitOf?: Parameters<typeof watchOpenTurns>[2]): Promise<string> => {
    const registry = new Registry()
    watchOpenTurns(registry, database, limitOf)
    return registry.metrics()
  }

  const runnableIn = (told: string): number => Number(/^konstruct_turns_runnable (\d+)$/m.exec(told)?.[1])

  it('count each turn that waits or runs, for all tenants and for each', async () => {
    const of = await talkingTenant(store)
    await of.send()
    await of.claimed(await of.send())
    const told = await tellOf(store.app)
    assert.match(told, /^konstruct_turns_open 2$/m)
    assert.match(told, new RegExp(`^konstruct_tenant_turns_open{tenant="${of.tenant}"} 2$`, 'm'))
  })

  it('count as runnable one turn of a conversation, and of a tenant no more than it may run at a time', async () => {
    const [small, large] = [await talkingTenant(store), await talkingTenant(store)]
    const before = runnableIn(await tellOf(store.app, () => 2))
    await small.claimed(await small.send())
    for (let n = 0; n < 4; n += 1) await small.send()
    const { conversation } = await large.send()
    for (let n = 0; n < 4; n += 1) await large.send({ conversation })
    for (let n = 0; n < 2; n += 1) await large.send()
    const limitOf = (tenant: string): number => (tenant === large.tenant ? 50 : 2)
    assert.equal(runnableIn(await tellOf(store.app, limitOf)) - before, 2 + 3)
  })

  it('leave out what is runnable where nobody knows the limits, or not yet', async () => {
    const of = await talkingTenant(store)
    await of.send()
    assert.doesNotMatch(await tellOf(store.app), /turns_runnable/)
    const told = await tellOf(store.app, (tenant) => (tenant === of.tenant ? undefined : 8))
    assert.match(told, /^# TYPE konstruct_turns_runnable gauge$/m)
    assert.doesNotMatch(told, /^konstruct_turns_runnable/m)
    assert.match(told, /^konstruct_turns_open \d+$/m)
  })

  it('have no value while PostgreSQL is away, and leave the others theirs', async () => {
    const url = new Secret('postgres://nobody:hidden@127.0.0.1:1/nothing')
    const database = new Database({ url, poolSize: 1, application: 'test' })
    const told = await tellOf(database, () => 8)
    assert.match(told, /^# TYPE konstruct_turns_open gauge$/m)
    assert.doesNotMatch(told, /^konstruct_/m)
    await database.close()
  })
})
