// The gateway as a process: settings from the environment, metrics of Node itself, signals.
import { createRegistry } from '../shared/runtime/process-metrics.ts'
import { readOrExit, runService } from '../shared/runtime/run-service.ts'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './gateway.ts'

/** What is under way when the last socket was closed, and closing connections, take less than this, in milliseconds. */
const partingMs = 20_000

const config = readOrExit('gateway', () => readGatewayConfig(process.env))
await runService({
  part: 'gateway',
  logLevel: config.logLevel,
  stopWithinMs: config.drainSpreadMs + partingMs,
  start: (log, stopping) => startGateway(config, { log, registry: createRegistry(), stopping }),
})
