// When a tenant is looked at again although nothing was seen to change. Pure.
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import type { Failures } from './apply.ts'
import type { Desired } from './desire.ts'
import type { Observed } from './observe.ts'
import type { Verdict } from './judge.ts'

/** A part is away: soon, and without growing waits, so that its return is noticed. In milliseconds, as all here. */
const retryMs = 2_000
/** Something of another resource is missing, perhaps a Secret, of which no change is seen. */
const missingMs = 3_000
/** Secrets are read again, since the right to watch all of them is not asked for. */
const secretsMs = 60_000
/** Someone may have changed what is published. */
const driftMs = 300_000

const has = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false

const isWaiting = ({ tenant, agents }: Verdict): boolean =>
  [...(tenant ? [tenant] : []), ...agents].some(({ status }) => has(status.conditions, 'Reconciling'))

const lacksSecret = ({ tenant }: Verdict): boolean =>
  tenant?.status.conditions?.some(({ type, status }) => type === 'SecretsResolved' && status === 'False') ??
  false

const awaits = ({ published, secrets }: Observed, failures: Failures): boolean =>
  failures.size > 0 || !published.ok || [...secrets.values()].some(({ ok }) => !ok)

/** Milliseconds, before they are spread. */
export const planNextLook = (
  { observed, desired, failures }: { observed: Observed; desired: Desired; failures: Failures },
  verdict: Verdict,
): number => {
  if (awaits(observed, failures)) return retryMs
  if (isWaiting(verdict) || lacksSecret(verdict)) return missingMs
  return observed.secrets.size > 0 || desired.takenBy !== undefined ? secretsMs : driftMs
}
