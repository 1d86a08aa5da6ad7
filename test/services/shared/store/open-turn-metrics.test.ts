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

  const tellOf = (database: Database): Promise<string> => {
    const registry = new Registry()
    watchOpenTurns(registry, database)
    return registry.metrics()
  }

  it('count each turn that waits or runs, for all tenants and for each', async () => {
    const of = await talkingTenant(store)
    await of.send()
    await of.claimed(await of.send())
    const told = await tellOf(store.app)
    assert.match(told, /^konstruct_turns_open 2$/m)
    assert.match(told, new RegExp(`^konstruct_tenant_turns_open{tenant="${of.tenant}"} 2$`, 'm'))
  })

  it('have no value while PostgreSQL is away, and leave the others theirs', async () => {
    const url = new Secret('postgres://nobody:hidden@127.0.0.1:1/nothing')
    const database = new Database({ url, poolSize: 1, application: 'test' })
    const told = await tellOf(database)
    assert.match(told, /^# TYPE konstruct_turns_open gauge$/m)
    assert.doesNotMatch(told, /^konstruct_/m)
    await database.close()
  })
})
