// Puts the gateway together: who needs what. Nothing here listens or waits yet.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Registry } from 'prom-client'
import type { WebSocket } from 'ws'
import { LocalBuckets } from '../shared/intake/local-buckets.ts'
import type { Log } from '../shared/runtime/log.ts'
import { watchStores } from '../shared/runtime/store-metrics.ts'
import type { GatewayConfig } from './config.ts'
import { followTenants } from './follow-tenants.ts'
import { createApp } from './http/create-app.ts'
import { Relays } from './live/relays.ts'
import { createMetrics, type GatewayMetrics } from './metrics.ts'
import { openParts, type Parts } from './open-parts.ts'
import { acceptSocket, type SocketDoor } from './socket/accept-socket.ts'
import { unfollowAll } from './socket/follow-conversation.ts'
import { handleFrame } from './socket/handle-frame.ts'
import type { SendPorts } from './socket/handle-send.ts'
import { receiveFrames } from './socket/receive-frames.ts'
import type { Session } from './socket/session.ts'
import { Sessions } from './socket/sessions.ts'
import { IdentityFaults } from './tokens/identity-faults.ts'
import type { TokenPorts } from './tokens/verify-token.ts'

/** A request's head must be there within this, and the whole of it within the next, in milliseconds. */
const headersTimeout = 10_000
const requestTimeout = 30_000
/** How often Node looks for requests that are late, in milliseconds. */
const connectionsCheckingInterval = 5_000
/** Longer than the idle time-out of usual proxies, so that it is they who close, in milliseconds. */
const keepAliveTimeout = 75_000

/** For each WebSocket another connection, as who opens a page keeps one for a while, and some for proxies and probes. */
const mostConnections = (webSockets: number): number => 2 * webSockets + 100

export interface CompositionPorts {
  readonly log: Log
  readonly registry: Registry
  /** True while the gateway serves: it knows its tenants and does not end yet. */
  readonly isOpen: () => boolean
  /** True from the moment at which it is asked to end, had it been open. */
  readonly isEnding: () => boolean
}

export interface Composition {
  readonly metrics: GatewayMetrics
  readonly parts: Parts
  readonly sessions: Sessions
  readonly relays: Relays
  readonly server: Server
}

interface Wiring extends Omit<Composition, 'server'> {
  readonly config: GatewayConfig
  readonly ports: CompositionPorts
  readonly tokens: TokenPorts
}

export const composeGateway = (config: GatewayConfig, ports: CompositionPorts): Composition => {
  const { log } = ports
  const parts = openParts(config, log)
  const metrics = createMetrics(ports.registry)
  watchStores(ports.registry, parts.checks)
  const sessions = new Sessions({ limits: config, metrics })
  const relays = new Relays({
    ...parts,
    log,
    checkEveryMs: config.pingEveryMs,
    onRelayed: (count) => metrics.relayed.inc(count),
    onGap: (outcome) => metrics.gaps.inc({ outcome }),
  })
  const tokens = {
    visitorKey: config.visitorKey,
    remoteKeys: new Map(),
    faults: new IdentityFaults(log),
  }
  followTenants({ ...config, directory: parts.directory, sessions, tokens, metrics })
  return {
    parts,
    sessions,
    relays,
    metrics,
    server: createChatServer({ config, ports, parts, sessions, relays, metrics, tokens }),
  }
}

/** Clients that could speak HTTP/2 say so in the same header, and expect an answer in HTTP/1.1 where nobody takes them up. */
const isForSocketDoor = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket'

const createChatServer = (wiring: Wiring): Server => {
  const { config, ports, parts, metrics, tokens } = wiring
  const app = createApp({
    ...parts,
    ...config,
    ...ports,
    metrics,
    tokens,
    buckets: new LocalBuckets(),
    visitorRate: { perMinute: config.visitorsPerMinute, burst: config.visitorsBurst },
    reads: {
      buckets: new LocalBuckets(),
      rate: { perMinute: config.readsPerMinute, burst: config.readsBurst },
    },
  })
  const server = createServer(
    {
      headersTimeout,
      requestTimeout,
      connectionsCheckingInterval,
      keepAliveTimeout,
      shouldUpgradeCallback: isForSocketDoor,
    },
    app,
  )
  server.maxConnections = mostConnections(config.maxConnections)
  const door = createDoor(wiring)
  server.on('upgrade', (request, wire, head) => void door(request, wire, head))
  return server
}

const sendPortsOf = ({ config, parts, relays, metrics }: Wiring): SendPorts => ({
  relays,
  metrics,
  database: parts.database,
  publication: parts.publication,
  maxFollowed: config.maxFollowed,
  asks: {
    buckets: new LocalBuckets(),
    rate: { perMinute: config.asksPerMinute, burst: config.asksBurst },
  },
  admission: {
    redis: parts.redis,
    localBuckets: new LocalBuckets(),
    tenantConfig: (tenant) => parts.directory.get(tenant)?.config,
  },
})

const createDoor = (wiring: Wiring): SocketDoor => {
  const { config, ports, parts, sessions, relays, metrics, tokens } = wiring
  const { log } = ports
  const sendPorts = sendPortsOf(wiring)
  const onSession = (session: Session, socket: WebSocket): void => {
    socket.on('close', () => unfollowAll(sendPorts, session))
    session.onDrained = () => relays.resume(session.following.values())
    receiveFrames(
      {
        handle: (from, frame) => handleFrame(sendPorts, from, frame),
        framesPerSecond: config.framesPerSecond,
        metrics,
        log,
      },
      session,
      socket,
    )
  }
  return acceptSocket({
    ...config,
    ...ports,
    directory: parts.directory,
    tokens,
    sessions,
    limits: config,
    metrics,
    onSession,
  })
}
