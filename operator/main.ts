// The operator's process.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from '../services/shared/runtime/read-config.ts'
import { logLevelSetting, runService } from '../services/shared/runtime/run-service.ts'
import { readOperatorConfig } from './config.ts'
import { startOperator } from './operator.ts'
import { compileResourceSchemas } from './validation/resource-schemas.ts'

/** Less than the 30 s that Kubernetes gives. */
const stopWithinMs = 28_000

/** A wrong level is reported with the rest of the configuration, at the usual level. */
const readLogLevel = (): string => {
  try {
    return readConfig({ logLevel: logLevelSetting }, process.env).logLevel
  } catch {
    return 'info'
  }
}

const readCrd = (name: string): Promise<string> =>
  readFile(join(import.meta.dirname, '..', 'crds', `${name}.yaml`), 'utf8')

await runService({
  part: 'operator',
  logLevel: readLogLevel(),
  stopWithinMs,
  start: async (log) => {
    const config = readOperatorConfig(process.env)
    const schemas = compileResourceSchemas({ tenant: await readCrd('tenant'), agent: await readCrd('agent') })
    return startOperator(config, { log, schemas, onLeadershipLost: () => process.exit(1) })
  },
})
