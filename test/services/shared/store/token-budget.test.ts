import assert from 'node:assert/strict'
import { budgetValues, isExhausted, untilNextPeriod } from '../../../../services/shared/store/token-budget.ts'
import { type FreshStore, freshStore } from '../../../support/fresh-store.ts'
import { type TalkingTenant, talkingTenant } from '../../../support/talking-tenant.ts'
import { useTokens } from '../../../support/use-tokens.ts'

describe('A budget', () => {
  let store: FreshStore
  let of: TalkingTenant

  before(async () => {
    store = await freshStore()
  })
  after(() => store.close())
  beforeEach(async () => {
    of = await talkingTenant(store)
  })

  const wait = async (period: string): Promise<number> => {
    const [row] = await store.app.acrossTenants((tx) =>
      tx.query<{ ms: number }>(`select ${untilNextPeriod('$1')} as ms`, [period]),
    )
    return row?.ms ?? Number.NaN
  }

  it('begins anew at midnight, or with the first of the month', async () => {
    const now = new Date()
    const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
    const expected = { Day: Date.UTC(year, month, day + 1), Month: Date.UTC(year, month + 1) }
    for (const [period, end] of Object.entries(expected)) {
      const offByMs = (await wait(period)) - Math.min(end - Number(now), 2 ** 31 - 1)
      assert.ok(Math.abs(offByMs) < 10_000, `${period}: ${offByMs} ms`)
    }
  })

  it('asks for no longer wait than a timer can wait, however long its period', async () => {
    assert.equal(await wait('Century'), 2 ** 31 - 1)
  })

  it('costs a tenant without one no look at its usage', async () => {
    await useTokens(store, of.tenant, 1)
    const planWith = async (budget: Parameters<typeof budgetValues>[0]): Promise<string> => {
      const rows = await store.app.withTenant(of.tenant, (tx) =>
        tx.query(`explain (analyze, costs off) select ${isExhausted('$2', '$3')} where $1::text <> ''`, [
          of.tenant,
          ...budgetValues(budget),
        ]),
      )
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    const scan = /daily_usage.*\(actual/
    assert.match(await planWith({ tokens: 1, period: 'Month' }), scan)
    assert.doesNotMatch(await planWith(null), scan)
  })
})
