// HTTP upgrade → Session. The WebSocket server below is given no port, no path and no choice: what is upgraded has been
// judged already, the one protocol is selected by name, and the token that was offered beside it is never echoed.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { agentCard, visibleAgents } from '../../shared/domain/tenant-config.ts'
import { closeCodes, maxFrameBytes, protocolName } from '../../shared/domain/frames.ts'
import type { KonstructError } from '../../shared/runtime/errors.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { WebTenant } from '../find-tenant.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { errorFrame, logOwnFault } from '../public-error.ts'
import { judgeUpgrade, type JudgePorts } from './judge-upgrade.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import { Session, type SessionLimits, type Visit } from './session.ts'

export interface AcceptPorts extends JudgePorts {
  readonly limits: SessionLimits
  readonly metrics: GatewayMetrics
  readonly log: Log
  /** Begins to take frames of a socket that was accepted. */
  readonly onSession: (session: Session, socket: WebSocket) => void
}

interface Upgrade {
  readonly request: IncomingMessage
  readonly wire: Duplex
  readonly head: Buffer
}

export type SocketDoor = (request: IncomingMessage, wire: Duplex, head: Buffer) => Promise<void>

/** What a peer may send of one message in pieces; the message itself is bounded by `maxFrameBytes`. */
const maxFragments = 64

/** How long a peer that was only told something has to leave, in milliseconds. */
const leaveWithinMs = 2_000

/** The door that every upgrade goes through; it never rejects. */
export const acceptSocket = (ports: AcceptPorts): SocketDoor => {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxFrameBytes,
    maxFragments,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(protocolName) ? protocolName : false),
  })
  const open = ({ request, wire, head }: Upgrade, then: (socket: WebSocket) => void): void => {
    server.handleUpgrade(request, wire, head, (socket) => {
      // A peer's breach of WebSocket itself: ws closes by itself, with the right code.
      socket.on('error', () => {})
      then(socket)
    })
  }
  return async (request, wire, head) => {
    const upgrade = { request, wire, head }
    wire.on('error', () => wire.destroy())
    const verdict = await judgeUpgrade(ports, request)
    if (wire.destroyed) return
    switch (verdict.kind) {
      case 'accept':
        return open(upgrade, (socket) => welcome(ports, verdict, { socket, wire }))
      case 'close':
        return open(upgrade, (socket) => tellAndClose(ports, socket, verdict.error))
      case 'refuse':
        logOwnFault(ports.log, verdict.error, {})
        return refuseUpgrade(ports.metrics, wire, verdict.error)
    }
  }
}

interface Wires {
  readonly socket: WebSocket
  readonly wire: Duplex
}

const welcome = (
  ports: AcceptPorts,
  { visit, known }: { readonly visit: Visit; readonly known: WebTenant },
  { socket, wire }: Wires,
): void => {
  const session = new Session(visit, { socket, wire, limits: ports.limits, metrics: ports.metrics })
  const { tenant, user, roles } = visit
  ports.sessions.add(session)
  socket.on('close', () => ports.sessions.remove(session))
  ports.onSession(session, socket)
  const agents = visibleAgents(known.config, roles).map(agentCard)
  session.send({ type: 'welcome', protocol: protocolName, tenant, user, agents })
}

const tellAndClose = ({ metrics }: AcceptPorts, socket: WebSocket, error: KonstructError): void => {
  const code = error.rule.close ?? closeCodes.forbidden
  metrics.closed.inc({ code })
  if (error.code === 'TENANT_SUSPENDED') socket.send(JSON.stringify(errorFrame(error)))
  socket.close(code, error.message.slice(0, 100))
  const timer = setTimeout(() => socket.terminate(), leaveWithinMs)
  socket.once('close', () => clearTimeout(timer))
}
