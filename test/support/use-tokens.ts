// Usage of a tenant as replies of any day would have left it, so that no test has to wait for another day.
import type { FreshStore } from './fresh-store.ts'

/** By UTC. The first day of the month may be today. */
export type UsageDay = 'today' | 'yesterday' | 'first of the month' | 'end of last month'

const days: Readonly<Record<UsageDay, string>> = {
  today: `now() at time zone 'utc'`,
  yesterday: `now() at time zone 'utc' - interval '1 day'`,
  'first of the month': `date_trunc('month', now() at time zone 'utc')`,
  'end of last month': `date_trunc('month', now() at time zone 'utc') - interval '1 day'`,
}

/** What was used becomes usage of a period that is over. */
export const endPeriod = async (store: FreshStore, tenant: string): Promise<void> => {
  await store.app.withTenant(tenant, (tx) => tx.query('update konstruct.daily_usage set day = day - 100'))
}

export const useTokens = async (
  store: FreshStore,
  tenant: string,
  tokens: number,
  day: UsageDay = 'today',
): Promise<void> => {
  await store.app.withTenant(tenant, (tx) =>
    tx.query(
      `insert into konstruct.daily_usage as u (tenant_id, day, shard, input_tokens, output_tokens)
       values ($1, (${days[day]})::date, 0, 1, $2)
       on conflict (tenant_id, day, shard) do update set
         input_tokens = u.input_tokens + 1, output_tokens = u.output_tokens + excluded.output_tokens`,
      [tenant, tokens - 1],
    ),
  )
}
