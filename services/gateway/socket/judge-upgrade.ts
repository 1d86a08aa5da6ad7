// Decides whether a stranger gets a socket. Everything is checked before the upgrade: tenant, origin, room, token.
//
// What is refused is told with an HTTP status: 404, 403, 503, 401. But a browser hides the status of a refused upgrade
// from its page, and the page must know whether to get a new token or to give up. So a request with an allowed `Origin`,
// a browser's, whose token is no good is upgraded and closed at once with the close code of the same meaning.
import type { IncomingMessage } from 'node:http'
import { protocolName } from '../../shared/domain/frames.ts'
import type { TenantDirectory } from '../../shared/intake/tenant-directory.ts'
import { asKonstructError, KonstructError } from '../../shared/runtime/errors.ts'
import { allowOrigin, type OriginRequest } from '../allow-origin.ts'
import { clientAddress } from '../client-address.ts'
import { assertActive, findTenant, type WebTenant } from '../find-tenant.ts'
import { verifyToken, type TokenPorts } from '../tokens/verify-token.ts'
import { bearerIn } from './bearer.ts'
import type { Visit } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface JudgePorts {
  readonly directory: TenantDirectory
  readonly tokens: TokenPorts
  readonly sessions: Sessions
  readonly publicOrigins: readonly string[]
  readonly trustedProxies: number
  /** False before the gateway knows its tenants, and when it ends. */
  readonly isOpen: () => boolean
}

export type Verdict =
  | { readonly kind: 'accept'; readonly visit: Visit; readonly known: WebTenant }
  /** No upgrade. */
  | { readonly kind: 'refuse'; readonly error: KonstructError }
  /** Upgrade, and close with the error's close code. */
  | { readonly kind: 'close'; readonly error: KonstructError }

const path = /^\/v1\/tenants\/([a-z0-9-]{1,63})\/ws\/?$/

export const judgeUpgrade = async (ports: JudgePorts, request: IncomingMessage): Promise<Verdict> => {
  try {
    const { known, visit } = await judgeVisitor(ports, request)
    if (visit instanceof KonstructError) return tell(visit, request)
    if (!offers(request, protocolName))
      return { kind: 'close', error: new KonstructError('PROTOCOL_UNSUPPORTED') }
    ports.sessions.assertRoom(visit)
    return { kind: 'accept', visit, known }
  } catch (thrown) {
    return { kind: 'refuse', error: asKonstructError(thrown) }
  }
}

interface Judged {
  readonly known: WebTenant
  readonly visit: Visit | KonstructError
}

/**
 * Telling who comes may take as long as an identity provider takes to answer. Where the tenant's settings changed
 * meanwhile, or the gateway began to end, all is judged again: whom nobody would let in now must not come in.
 */
const judgeVisitor = async (ports: JudgePorts, request: IncomingMessage): Promise<Judged> => {
  for (;;) {
    const known = admitPage(ports, request)
    const visit = await identify(ports, request, known).catch(asKonstructError)
    if (admitPage(ports, request).config === known.config) return { known, visit }
  }
}

/** What does not depend on who comes. */
const admitPage = (ports: JudgePorts, request: IncomingMessage): WebTenant => {
  if (!ports.isOpen())
    throw new KonstructError('OVERLOADED', { message: 'This gateway is starting or ending.' })
  const tenant = path.exec(request.url?.split('?')[0] ?? '')?.[1]
  if (tenant === undefined) throw new KonstructError('NOT_FOUND')
  const known = findTenant(ports.directory, tenant)
  if (!allowOrigin(pageOf(request), ports.publicOrigins, known.web.allowedOrigins))
    throw new KonstructError('ORIGIN_FORBIDDEN')
  ports.sessions.assertRoom({ tenant, address: clientAddress(request, ports.trustedProxies) })
  return known
}

const identify = async (ports: JudgePorts, request: IncomingMessage, known: WebTenant): Promise<Visit> => {
  const token = bearerIn(request) ?? ''
  const identity = await verifyToken(ports.tokens, known, token)
  assertActive(known)
  const address = clientAddress(request, ports.trustedProxies)
  return { ...identity, tenant: known.config.tenant, token, address, page: pageOf(request) }
}

const pageOf = ({ headers: { origin, host } }: IncomingMessage): OriginRequest => ({ origin, host })

const tell = (error: KonstructError, request: IncomingMessage): Verdict => {
  const isBrowser = request.headers.origin !== undefined
  if (!isBrowser || error.rule.close === undefined) return { kind: 'refuse', error }
  const spoken = offers(request, protocolName)
  return { kind: 'close', error: spoken ? error : new KonstructError('PROTOCOL_UNSUPPORTED') }
}

const offers = ({ headers }: IncomingMessage, name: string): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some((offered) => offered.trim() === name)
