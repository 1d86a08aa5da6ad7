// Whether the isolation of the tenants from one another was seen to hold, a short time ago.
import type { Finding } from '../finding.ts'
import type { Observed } from '../observe.ts'

export const checkIsolation = ({ isolation }: Observed): Finding => ({
  type: 'IsolationVerified',
  ...isolation,
  ...(isolation.status === 'True' ? {} : { remedy: 'wait' as const }),
})
