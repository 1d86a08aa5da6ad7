// Whether the isolation of the tenants from one another was seen to hold, a short time ago. An operator that has just
// started has not looked yet: until then its predecessor's word counts, so that no restart makes a tenant not ready.
import type { Condition } from '../../../services/shared/domain/resources/tenant.ts'
import type { Finding } from '../finding.ts'
import type { Observed } from '../observe.ts'

const type = 'IsolationVerified'

const notYet = { status: 'Unknown', reason: 'NotVerified', message: 'It is about to be verified.' } as const

const before = ({ tenant }: Observed): Condition | undefined =>
  tenant?.object.status?.conditions?.find((condition) => condition.type === type)

export const checkIsolation = (observed: Observed): Finding => {
  const { status, reason, message } = observed.isolation ?? before(observed) ?? notYet
  return { type, status, reason, message, ...(status === 'True' ? {} : { remedy: 'wait' as const }) }
}
