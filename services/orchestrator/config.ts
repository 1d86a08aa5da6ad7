// The orchestrator's settings, one table: name in the environment, unit, default, one sentence.
import { integer, readConfig, text } from '../shared/runtime/read-config.ts'
import { databaseSettings, kafkaContradictions, partSettings } from '../shared/runtime/part-settings.ts'
import { keyringSetting } from '../shared/store/seal.ts'

const settings = {
  ...databaseSettings('app', 16),
  ...partSettings,
  keyring: keyringSetting,
  host: text({ env: 'KONSTRUCT_HOST', about: 'address that the admin port listens on', fallback: '0.0.0.0' }),
  capacity: integer({
    env: 'KONSTRUCT_CAPACITY',
    about: 'turns that this process runs at once; one costs a socket, some memory and about 1 % of a core',
    fallback: 64,
    min: 1,
    max: 10_000,
  }),
  leaseMs: integer({
    env: 'KONSTRUCT_LEASE_MS',
    about: 'milliseconds after which the turns of a dead process are taken up by another',
    fallback: 5_000,
    min: 500,
    max: 60_000,
  }),
  takeUpEveryMs: integer({
    env: 'KONSTRUCT_TAKE_UP_MS',
    about: 'milliseconds between two looks for waiting turns in PostgreSQL',
    fallback: 500,
    min: 50,
    max: 60_000,
  }),
  drainMs: integer({
    env: 'KONSTRUCT_DRAIN_MS',
    about:
      'milliseconds that running turns are given to end when this process ends; then others take them over',
    fallback: 15_000,
    min: 0,
    max: 600_000,
  }),
} as const

export type OrchestratorConfig = ReturnType<typeof readOrchestratorConfig>

/** @throws KonstructError `CONFIG_INVALID` */
export const readOrchestratorConfig = (environment: Readonly<Record<string, string | undefined>>) =>
  readConfig(settings, environment, kafkaContradictions)
