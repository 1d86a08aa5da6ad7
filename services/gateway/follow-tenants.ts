// What a change of a tenant's settings means for the sockets that are open: a tenant that is suspended or gone takes its
// sockets with it, and whoever could not come in any more under the new settings has to leave. Whose rights changed has to
// come again, so that both sides know the new ones. What cannot be told, because the keys of an identity provider are
// away, is asked again until it can, or until the socket or the settings are others.
import { setTimeout as sleep } from 'node:timers/promises'
import { closeCodes } from '../shared/domain/frames.ts'
import type { KnownTenant, TenantDirectory } from '../shared/intake/tenant-directory.ts'
import { asKonstructError, KonstructError, type ErrorCode } from '../shared/runtime/errors.ts'
import { forgetTenant } from '../shared/runtime/forget-tenant.ts'
import { allowOrigin } from './allow-origin.ts'
import { assertActive, findTenant } from './find-tenant.ts'
import { welcomeTenant, type GatewayMetrics } from './metrics.ts'
import { errorFrame } from './public-error.ts'
import type { Session } from './socket/session.ts'
import type { Sessions } from './socket/sessions.ts'
import { verifyToken, type TokenPorts } from './tokens/verify-token.ts'

interface FollowTenantsPorts {
  readonly directory: TenantDirectory
  readonly publicOrigins: readonly string[]
  readonly sessions: Sessions
  readonly tokens: TokenPorts
  readonly metrics: GatewayMetrics
}

export const followTenants = (ports: FollowTenantsPorts): void => {
  ports.directory.onChange((tenant, known) => {
    const { metrics } = ports
    if (known === undefined) forgetTenant([metrics.messages, metrics.visitors], tenant)
    else welcomeTenant(metrics, tenant)
    for (const session of ports.sessions.of(tenant)) void judgeAgain(ports, session, known)
  })
}

/** About how long it takes to ask again, in milliseconds; spread, so that a tenant's sockets do not all ask at once. */
const askAgainMs = 2_000

const judgeAgain = async (
  ports: FollowTenantsPorts,
  session: Session,
  known: KnownTenant | undefined,
): Promise<void> => {
  const { tenant } = session.visit
  const isNews = (): boolean => !session.ended && ports.directory.get(tenant) === known
  while (isNews()) {
    const verdict = await judge(ports, session, known).catch(asKonstructError)
    if (!isNews() || verdict === 'stays') return
    if (verdict === 'comes again') return session.close(closeCodes.restart, 'roles changed')
    if (dismiss(session, verdict.code)) return
    ports.tokens.faults.note(tenant, verdict)
    await sleep(askAgainMs * (0.5 + Math.random()), undefined, { ref: false })
  }
}

/** @throws KonstructError that says why the session's user would not be let in now */
const judge = async (
  { directory, publicOrigins, tokens }: FollowTenantsPorts,
  { visit }: Session,
  known: KnownTenant | undefined,
): Promise<'stays' | 'comes again'> => {
  if (known === undefined) throw new KonstructError('TENANT_SUSPENDED')
  assertActive(known)
  const { web } = findTenant(directory, visit.tenant)
  if (!allowOrigin(visit.page, publicOrigins, web.allowedOrigins))
    throw new KonstructError('ORIGIN_FORBIDDEN')
  const { user, roles } = await verifyToken(tokens, known, visit.token)
  if (user !== visit.user) throw new KonstructError('TOKEN_INVALID')
  return isSame(roles, visit.roles) ? 'stays' : 'comes again'
}

const isSame = (roles: readonly string[], others: readonly string[]): boolean =>
  roles.length === others.length && roles.every((role, index) => role === others[index])

const farewells: ReadonlyMap<ErrorCode, readonly [code: number, reason: string]> = new Map([
  ['TENANT_SUSPENDED', [closeCodes.forbidden, 'tenant suspended']],
  ['TENANT_NOT_FOUND', [closeCodes.forbidden, 'tenant suspended']],
  ['ORIGIN_FORBIDDEN', [closeCodes.forbidden, 'page not allowed any more']],
  ['TOKEN_INVALID', [closeCodes.token, 'token no longer valid']],
])

/** False: it cannot be told now whether the session may stay. */
const dismiss = (session: Session, code: ErrorCode): boolean => {
  const farewell = farewells.get(code)
  if (farewell === undefined) return false
  if (code.startsWith('TENANT_')) session.send(errorFrame(new KonstructError('TENANT_SUSPENDED')))
  session.close(...farewell)
  return true
}
