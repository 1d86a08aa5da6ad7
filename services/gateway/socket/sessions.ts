// All sockets of this process: how many each tenant and each address has, who is silent, whose token has run out.
// One timer serves them all.
import { closeCodes } from '../../shared/domain/frames.ts'
import { KonstructError } from '../../shared/runtime/errors.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Session, Visit } from './session.ts'

export interface SessionsLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerTenant: number
  readonly maxConnectionsPerAddress: number
  readonly pingEveryMs: number
}

interface SessionsPorts {
  readonly limits: SessionsLimits
  readonly metrics: GatewayMetrics
}

/** A token's end is noticed within this, in milliseconds; pings are as exact. */
const longestSweepMs = 1_000

export class Sessions {
  readonly #ports: SessionsPorts
  /** With the time of the next ping. */
  readonly #sessions = new Map<Session, number>()
  readonly #perTenant = new Map<string, number>()
  readonly #perAddress = new Map<string, number>()
  readonly #timer: NodeJS.Timeout

  constructor(ports: SessionsPorts) {
    this.#ports = ports
    ports.metrics.connectionsLimit.set(ports.limits.maxConnections)
    this.#timer = setInterval(() => this.#sweep(), Math.min(longestSweepMs, ports.limits.pingEveryMs / 4))
  }

  get size(): number {
    return this.#sessions.size
  }

  /** @throws KonstructError `OVERLOADED` when there is no room for another socket like this. */
  assertRoom({ tenant, address }: Pick<Visit, 'tenant' | 'address'>): void {
    const { maxConnections, maxConnectionsPerTenant, maxConnectionsPerAddress } = this.#ports.limits
    const full =
      this.size >= maxConnections ||
      (this.#perTenant.get(tenant) ?? 0) >= maxConnectionsPerTenant ||
      (this.#perAddress.get(address) ?? 0) >= maxConnectionsPerAddress
    if (full) throw new KonstructError('OVERLOADED', { message: 'There are too many connections already.' })
  }

  add(session: Session): void {
    const { tenant, address } = session.visit
    // Spread, so that not all are pinged at once.
    this.#sessions.set(
      session,
      performance.now() + this.#ports.limits.pingEveryMs * (0.5 + Math.random() / 2),
    )
    count(this.#perTenant, tenant, 1)
    count(this.#perAddress, address, 1)
    this.#ports.metrics.tenantConnections.inc({ tenant })
    this.#ports.metrics.connections.set(this.size)
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session)) return
    const { tenant, address } = session.visit
    count(this.#perTenant, tenant, -1)
    count(this.#perAddress, address, -1)
    const { metrics } = this.#ports
    if (this.#perTenant.has(tenant)) metrics.tenantConnections.dec({ tenant })
    else metrics.tenantConnections.remove({ tenant })
    metrics.connections.set(this.size)
  }

  all(): readonly Session[] {
    return [...this.#sessions.keys()]
  }

  of(tenant: string): readonly Session[] {
    return this.#perTenant.has(tenant) ? this.all().filter((session) => session.visit.tenant === tenant) : []
  }

  close(): void {
    clearInterval(this.#timer)
    for (const session of this.all()) session.abandon()
  }

  #sweep(): void {
    const now = performance.now()
    const today = Date.now()
    for (const [session, pingAt] of this.#sessions) {
      if (today >= session.visit.expiresAt) session.close(closeCodes.token, 'token expired')
      if (now < pingAt) continue
      this.#sessions.set(session, now + this.#ports.limits.pingEveryMs)
      session.ping()
    }
  }
}

const count = (counts: Map<string, number>, name: string, change: number): void => {
  const next = (counts.get(name) ?? 0) + change
  if (next > 0) counts.set(name, next)
  else counts.delete(name)
}
