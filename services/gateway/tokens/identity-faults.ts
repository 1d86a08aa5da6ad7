// Tells whoever runs the gateway why tokens of a tenant cannot be judged: its people only see that they cannot come in. Each
// of them finds it out again and again, so it is told once in a while for each tenant.
import { LocalBuckets } from '../../shared/intake/local-buckets.ts'
import type { KonstructError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'

const onceInTenSeconds = { perMinute: 6, burst: 1 }

export class IdentityFaults {
  readonly #log: Pick<Log, 'warn'>
  readonly #buckets = new LocalBuckets()

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log
  }

  /** `error` holds nothing of a token. */
  note(tenant: string, error: KonstructError): void {
    if (this.#buckets.take(tenant, onceInTenSeconds) > 0) return
    this.#log.warn('tokens cannot be judged', { tenant, code: error.code, error })
  }
}
