// What the reconciler of tenants works with.
import type { Log } from '../../services/shared/runtime/log.ts'
import type { RedisConnection } from '../../services/shared/redis/redis-connection.ts'
import type { Database } from '../../services/shared/store/database.ts'
import type { Keyring } from '../../services/shared/store/seal.ts'
import type { Clock } from '../loop/clock.ts'
import type { IsolationVerdict } from '../platform/isolation-watch.ts'
import type { DesiredSource } from '../source/desired-source.ts'
import type { ResourceSchemas } from '../validation/resource-schemas.ts'
import type { PurgeReceipt } from './purge-receipt.ts'
import type { TenantMetrics } from './tenant-metrics.ts'

export interface TenantPorts {
  readonly source: DesiredSource
  readonly schemas: ResourceSchemas
  readonly database: Database
  readonly redis: RedisConnection
  readonly keyring: Keyring
  readonly isolation: () => IsolationVerdict | undefined
  /** Topics that Kafka refuses to create, and why; null when it has all, undefined while it has told nothing. */
  readonly missingTopics: () => string | null | undefined
  readonly clock: Clock
  readonly metrics: TenantMetrics
  /** Of the purges that go on, by the UID whose data is deleted. */
  readonly receipts: Map<string, PurgeReceipt>
  /** Throws `LEASE_LOST` when another operator leads by now; asked right before each write. */
  readonly assertLeading: () => void
  readonly log: Log
}

/** To ask right before each write: it throws once the run has passed its deadline or another operator leads. */
export const mayGoOnWith =
  ({ assertLeading }: TenantPorts, signal: AbortSignal) =>
  (): void => {
    signal.throwIfAborted()
    assertLeading()
  }
