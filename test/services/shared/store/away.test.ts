import assert from 'node:assert/strict'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'

describe('PostgreSQL that answers and does nothing for anyone', () => {
  let store: FreshStore
  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())

  const answering = (code: string): Promise<unknown> =>
    store.app.acrossTenants((tx) =>
      tx.query(`do $$ begin raise exception 'refused' using errcode = '${code}'; end $$`),
    )

  for (const [code, why] of [
    ['25006', 'it became a standby'],
    ['25P03', 'it ended a transaction that stood still'],
    ['53300', 'it has no connection left'],
    ['58030', 'it cannot read its disk'],
  ] as const)
    it(`counts as away when ${why}`, () => assert.rejects(answering(code), { code: 'STORE_UNAVAILABLE' }))

  it('is not away when a statement took too long: it may always take too long', () =>
    assert.rejects(answering('57014'), /refused/))
})
