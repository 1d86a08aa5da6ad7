// What the isolation watch tells Prometheus. An operator that has not looked, such as a standby, tells nothing but a 0 of
// repairs, so that it cannot be taken for one that found something.
import { Counter, Gauge, type Registry } from 'prom-client'

export interface IsolationMetrics {
  /** A look came to its end, with so many things found that let a tenant reach another. */
  looked(problems: number, at: Date): void
  repaired(changes: number): void
  verdict(holds: boolean): void
}

/** Registers the metrics; call it once per registry. */
export const createIsolationMetrics = (registry: Registry): IsolationMetrics => {
  const registers = [registry]
  const gauge = (name: string, help: string): Gauge => {
    const made = new Gauge({ name: `konstruct_isolation_${name}`, help, registers })
    made.remove()
    return made
  }
  const verified = gauge('verified', '1 while it is known that no tenant can reach another, else 0.')
  const problems = gauge('problems', 'Ways for a tenant to reach another that the last look found.')
  const lastVerified = gauge('last_verified_timestamp_seconds', 'When a look last found no such way.')
  const repairs = new Counter({
    name: 'konstruct_drift_corrected_total',
    help: 'Changes from outside that were put right.',
    labelNames: ['system'],
    registers,
  })
  repairs.inc({ system: 'postgres' }, 0)
  return {
    looked: (found, at) => {
      problems.set(found)
      if (found === 0) lastVerified.set(at.getTime() / 1_000)
    },
    repaired: (changes) => repairs.inc({ system: 'postgres' }, changes),
    verdict: (holds) => verified.set(holds ? 1 : 0),
  }
}
