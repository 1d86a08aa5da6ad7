// The orchestrator's process.
import { readOrExit, runService } from '../shared/runtime/run-service.ts'
import { readOrchestratorConfig } from './config.ts'
import { startOrchestrator } from './orchestrator.ts'

/** Giving up leases, leaving the group and closing connections take less than this, in milliseconds. */
const partingMs = 10_000

const config = readOrExit('orchestrator', () => readOrchestratorConfig(process.env))
await runService({
  part: 'orchestrator',
  logLevel: config.logLevel,
  stopWithinMs: config.drainMs + partingMs,
  start: (log, stopping) => startOrchestrator(config, log, stopping),
})
