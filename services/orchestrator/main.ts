// The orchestrator's process.
import { asKonstructError } from '../shared/runtime/errors.ts'
import { createLog } from '../shared/runtime/log.ts'
import { runService } from '../shared/runtime/run-service.ts'
import { readOrchestratorConfig, type OrchestratorConfig } from './config.ts'
import { startOrchestrator } from './orchestrator.ts'

/** Giving up leases, leaving the group and closing connections take less than this, in milliseconds. */
const partingMs = 10_000
/** EX_CONFIG. */
const configurationExitCode = 78

const readOrExit = (): OrchestratorConfig => {
  try {
    return readOrchestratorConfig(process.env)
  } catch (thrown) {
    return exitBecause(thrown)
  }
}

const exitBecause = (thrown: unknown): never => {
  const error = asKonstructError(thrown)
  createLog({ part: 'orchestrator', level: 'info' }).error('cannot start', { code: error.code, error })
  return process.exit(configurationExitCode)
}

const config = readOrExit()
await runService({
  part: 'orchestrator',
  logLevel: config.logLevel,
  stopWithinMs: config.drainMs + partingMs,
  start: (log, stopping) => startOrchestrator(config, log, stopping),
})
