// How often one user may ask for what costs a way to PostgreSQL or Redis. Saying something is limited for the whole tenant;
// this is so that nobody can make everyone else wait by asking, on however many sockets. Counted by this process alone.
import type { LocalBuckets } from '../shared/intake/local-buckets.ts'
import type { Rate } from '../shared/redis/token-bucket.ts'
import { KonstructError } from '../shared/runtime/errors.ts'

export interface UserLimit {
  readonly buckets: LocalBuckets
  readonly rate: Rate
}

interface Asker {
  readonly tenant: string
  readonly user: string
}

/** Those who are refused together come back spread over as long, in milliseconds: at once they would be refused again. */
const leastPauseMs = 1_000

/** @throws KonstructError `RATE_LIMITED` with a time */
export const limitUser = ({ buckets, rate }: UserLimit, { tenant, user }: Asker): void => {
  const wait = buckets.take(`${tenant}/${user}`, rate)
  if (wait > 0)
    throw new KonstructError('RATE_LIMITED', {
      message: 'Too much was asked. Try again shortly.',
      retryAfterMs: wait + Math.ceil(leastPauseMs * (1 + Math.random())),
    })
}
