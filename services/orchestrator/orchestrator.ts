// Puts the orchestrator together: opens what it needs, says whether it is ready, and closes in reverse.
import { startAdminServer, type AdminServer, type Check } from '../shared/runtime/admin-server.ts'
import type { Log } from '../shared/runtime/log.ts'
import type { RunningService } from '../shared/runtime/run-service.ts'
import { watchStores } from '../shared/runtime/store-metrics.ts'
import { awaitIsolatedStore } from '../shared/store/await-isolated-store.ts'
import { watchOpenTurns } from '../shared/store/open-turn-metrics.ts'
import { openClients, type Clients } from './clients.ts'
import type { OrchestratorConfig } from './config.ts'
import { knownTurnLimit } from './find-limits.ts'
import { createMetrics, followTenant } from './metrics.ts'
import { TurnWorks } from './turn-works.ts'

export interface Orchestrator extends RunningService {
  readonly adminPort: number
}

const readiness = (clients: Clients, works: () => TurnWorks | undefined): readonly Check[] => [
  ['store', () => works() !== undefined],
  ['configuration', () => clients.directory.synced],
  ['kafka', () => works()?.joined ?? false],
  ...clients.contact.ready,
]

/**
 * Resolves once PostgreSQL was found and is isolated; Kafka and Redis are connected to when they are there.
 * @throws AbortError when it is to stop before that; KonstructError `CONFIG_INVALID`, `STORE_ROLE_UNSAFE`, `STORE_POLICY_DRIFT`
 */
export const startOrchestrator = async (
  config: OrchestratorConfig,
  log: Log,
  stopping: AbortSignal,
): Promise<Orchestrator> => {
  const metrics = createMetrics()
  const clients = openClients(config, log)
  watchStores(metrics.registry, clients.checks)
  watchOpenTurns(metrics.registry, clients.database, (tenant) =>
    clients.directory.synced ? knownTurnLimit(clients, tenant) : undefined,
  )
  clients.directory.onChange((tenant, known) => followTenant(metrics, tenant, known !== undefined))
  let works: TurnWorks | undefined
  let admin: AdminServer | undefined
  try {
    admin = await startAdminServer({
      port: config.adminPort,
      host: config.host,
      registry: metrics.registry,
      live: [],
      ready: readiness(clients, () => works),
    })
    await awaitIsolatedStore(clients.database, log, stopping)
  } catch (thrown) {
    await admin?.close()
    await clients.close()
    throw thrown
  }
  clients.directory.start()
  works = new TurnWorks({ config, clients, metrics, log })
  const server = admin
  const stop = async (): Promise<void> => {
    await works.stop()
    await clients.close()
    await server.close()
  }
  return { adminPort: server.port, stop }
}
