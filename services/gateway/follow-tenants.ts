// What a change of a tenant's settings means for the sockets that are open: a tenant that is suspended or gone takes its
// sockets with it, and whoever could not come in any more under the new settings has to leave.
import { closeCodes } from '../shared/domain/frames.ts'
import type { KnownTenant, TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { asKonstructError, KonstructError } from '../shared/runtime/errors.ts'
import { forgetTenant } from '../shared/runtime/forget-tenant.ts'
import type { Log } from '../shared/runtime/log.ts'
import { assertActive, findTenant } from './find-tenant.ts'
import { welcomeTenant, type GatewayMetrics } from './metrics.ts'
import { errorFrame } from './public-error.ts'
import type { Session } from './socket/session.ts'
import type { Sessions } from './socket/sessions.ts'
import { verifyToken, type TokenPorts } from './tokens/verify-token.ts'

interface FollowTenantsPorts {
  readonly directory: TenantDirectory
  readonly sessions: Sessions
  readonly tokens: TokenPorts
  readonly metrics: GatewayMetrics
  readonly log: Log
}

export const followTenants = (ports: FollowTenantsPorts): void => {
  ports.directory.onChange((tenant, known) => {
    const { metrics } = ports
    if (known === undefined) forgetTenant([metrics.messages, metrics.visitors], tenant)
    else welcomeTenant(metrics, tenant)
    for (const session of ports.sessions.of(tenant)) void judgeAgain(ports, session, known)
  })
}

const judgeAgain = async (
  ports: FollowTenantsPorts,
  session: Session,
  known: KnownTenant | undefined,
): Promise<void> => {
  try {
    if (known === undefined) throw new KonstructError('TENANT_SUSPENDED')
    assertActive(known)
    findTenant(ports.directory, session.visit.tenant)
    const { user } = await verifyToken(ports.tokens, known, session.visit.token)
    if (user !== session.visit.user) throw new KonstructError('TOKEN_INVALID')
  } catch (thrown) {
    dismiss(ports, session, asKonstructError(thrown))
  }
}

const dismiss = ({ log }: FollowTenantsPorts, session: Session, error: KonstructError): void => {
  const { tenant } = session.visit
  if (error.code === 'TENANT_SUSPENDED' || error.code === 'TENANT_NOT_FOUND') {
    session.send(errorFrame(new KonstructError('TENANT_SUSPENDED')))
    session.close(closeCodes.forbidden, 'tenant suspended')
  } else if (error.code === 'TOKEN_INVALID') session.close(closeCodes.token, 'token no longer valid')
  // It cannot be told now, so it stays: its token was good, and its end will come.
  else log.warn('token cannot be judged again', { tenant, code: error.code, error })
}
