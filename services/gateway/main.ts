// The gateway as a process: settings from the environment, metrics of Node itself, signals.
import { createRegistry } from '../shared/runtime/process-metrics.ts'
import { runService } from '../shared/runtime/run-service.ts'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './gateway.ts'

/** Below the 30 s that Kubernetes gives; spreading the sockets over 5 s leaves 20 s for what is under way. */
const stopWithinMs = 25_000

await runService({
  part: 'gateway',
  logLevel: process.env['KONSTRUCT_LOG_LEVEL'] ?? 'info',
  stopWithinMs,
  start: (log, stopping) => {
    const config = readGatewayConfig(process.env)
    return startGateway(config, { log, registry: createRegistry(), stopping })
  },
})
