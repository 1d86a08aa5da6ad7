// The life of a gateway, from the first port to the last confirmation.
//
//   starting  it listens and refuses everything with 503, until PostgreSQL keeps tenants apart and tenants are known
//   ready     it serves; while PostgreSQL, Kafka or Redis is away it stays ready and says so per request, because taking
//             every gateway out of its Service would help nobody; one that a store refuses from the start is not ready
//   ending    clients are told to come back elsewhere ▶ sockets close ▶ what was published is confirmed ▶ parts close;
//             until then a request on a connection that is there already is answered, and its connection closed
import type { Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Registry } from 'prom-client'
import { startAdminServer, type AdminServer } from '../shared/runtime/admin-server.ts'
import { KonstructError } from '../shared/runtime/errors.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { RunningService } from '../shared/runtime/run-service.ts'
import { awaitIsolatedStore } from '../shared/store/await-isolated-store.ts'
import { composeGateway, type Composition } from './compose-gateway.ts'
import type { GatewayConfig } from './config.ts'
import { drain } from './drain.ts'

export interface GatewayPorts {
  readonly log: Log
  readonly registry: Registry
  /** Aborted when the end is asked for before the start was through. */
  readonly stopping: AbortSignal
}

export interface Gateway extends RunningService {
  readonly port: number
  readonly adminPort: number
}

/** How long requests that are under way may take when the gateway ends, in milliseconds. */
const lastRequestsMs = 2_000
const lookForTenantsEveryMs = 20

interface Life {
  phase: 'starting' | 'ready' | 'ending'
}

/** @throws KonstructError `CONFIG_INVALID` for a port that is taken, and what `awaitStore` throws. */
export const startGateway = async (config: GatewayConfig, ports: GatewayPorts): Promise<Gateway> => {
  const life: Life = { phase: 'starting' }
  const isOpen = (): boolean => life.phase === 'ready'
  const isEnding = (): boolean => life.phase === 'ending'
  const gateway = composeGateway(config, { ...ports, isOpen, isEnding })
  let admin: AdminServer | undefined
  const stop = async (): Promise<void> => {
    // One that never was ready has nothing to end, and goes on refusing.
    if (life.phase === 'ready') life.phase = 'ending'
    gateway.metrics.draining.set(1)
    await drain(gateway.sessions.all(), config.drainSpreadMs)
    await close(gateway)
    await admin?.close()
  }
  try {
    admin = await startAdmin(config, ports, { gateway, life })
    const port = await listen(gateway.server, config)
    await becomeReady(gateway, ports)
    life.phase = 'ready'
    ports.log.info('chat is open', { port })
    return { port, adminPort: admin.port, stop }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

const becomeReady = async ({ parts }: Composition, { log, stopping }: GatewayPorts): Promise<void> => {
  await awaitIsolatedStore(parts.database, log, stopping)
  parts.directory.start()
  while (!parts.directory.synced) await sleep(lookForTenantsEveryMs, undefined, { signal: stopping })
}

interface Living {
  readonly gateway: Composition
  readonly life: Life
}

const startAdmin = (
  { adminPort, host }: GatewayConfig,
  { registry }: GatewayPorts,
  { gateway, life }: Living,
): Promise<AdminServer> =>
  startAdminServer({
    port: adminPort,
    host,
    registry,
    live: [['process', () => true]],
    ready: [
      ['tenants', () => gateway.parts.directory.synced],
      ['open', () => life.phase === 'ready'],
      ...gateway.parts.contact.ready,
    ],
  })

const listen = (server: Server, { port, host }: GatewayConfig): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Port ${port} of ${host} cannot be used (${cause.message}). Set KONSTRUCT_PORT to a free one.`
      reject(new KonstructError('CONFIG_INVALID', { message, cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })

const close = async ({ server, sessions, relays, parts }: Composition): Promise<void> => {
  sessions.close()
  relays.close()
  await closeServer(server)
  await parts.close()
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), lastRequestsMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })
