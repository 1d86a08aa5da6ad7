import assert from 'node:assert/strict'
import type { TenantTx } from '../../../../services/shared/store/database.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'

describe('The door to PostgreSQL, where two wait for each other', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  it('does a transaction again that PostgreSQL undid because two waited for each other', async () => {
    const lock = (tx: TenantTx, number: number) => tx.query('select pg_advisory_xact_lock($1)', [number])
    let bothHold = 0
    const begun = Promise.withResolvers<void>()
    const lockBoth = (first: number, second: number) =>
      store.app.withTenant('acme', async (tx) => {
        await lock(tx, first)
        bothHold += 1
        if (bothHold >= 2) begun.resolve()
        await begun.promise
        await lock(tx, second)
        return `${first} and ${second}`
      })
    assert.deepEqual(await Promise.all([lockBoth(1, 2), lockBoth(2, 1)]), ['1 and 2', '2 and 1'])
    assert.equal(bothHold, 3, 'one of them began twice')
  })
})
