// What statements ask about a tenant's budget of tokens. It is asked within the statement that would use them, for nothing
// else sees what is committed at that moment; without a budget PostgreSQL reads no row for it.
//
// Periods begin and end by PostgreSQL's clock, in UTC, so that all processes agree. A gateway or an orchestrator of an
// earlier version asks for no budget: until a rollout has ended, it takes and begins what this one would not.
import type { Budget } from '../domain/resources/tenant.ts'

/** Values for the parameters that `isExhausted` is told of. */
export const budgetValues = (
  budget: Budget | null,
): readonly [tokens: number | null, period: string | null] => [budget?.tokens ?? null, budget?.period ?? null]

/**
 * SQL: whether tenant `$1` has used up its budget in the period that runs. `tokens` and `period` name the parameters.
 * Null tokens decide before the sum is asked for.
 */
export const isExhausted = (tokens: `$${number}`, period: `$${number}`): string =>
  `(${tokens}::bigint is not null and ${tokens}::bigint <= (
    select coalesce(sum(input_tokens + output_tokens), 0) from konstruct.daily_usage
    where tenant_id = $1 and day >= date_trunc(${period}::text, now() at time zone 'utc')::date))`

/** As much as a timer in a browser or in Node.js can wait; a client that waits longer would ask again at once. */
const longestWaitMs = 2 ** 31 - 1

/** SQL: milliseconds until the period that runs is over, or as many as can be waited for at once. */
export const untilNextPeriod = (period: `$${number}`): string =>
  `least(${longestWaitMs}, ceil(1000 * extract(epoch from
    date_trunc(${period}::text, now() at time zone 'utc') + ('1 ' || ${period}::text)::interval - (now() at time zone 'utc'))))::float8`
