// An operator in this process, on a folder of manifests, with real stores of its own. Kafka is not there: the operator
// has to live with that.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OperatorConfig, readOperatorConfig } from '../../operator/config.ts'
import type { StatusReport } from '../../operator/describe-status.ts'
import { type Operator, startOperator } from '../../operator/operator.ts'
import type { Condition } from '../../services/shared/domain/resources/tenant.ts'
import { type Log, silentLog } from '../../services/shared/runtime/log.ts'
import { keyringSetting } from '../../services/shared/store/seal.ts'
import { freshRedis } from '../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../support/open-redis.ts'
import { waitUntil } from '../support/wait-until.ts'
import { crdsFolder, resourceSchemas } from './resource-schemas.ts'

export const samplesFolder = join(crdsFolder, 'samples')

/** Two keys of nobody's, in the form of KONSTRUCT_SECRET_KEYS. */
export const secretKeys = `new:${Buffer.alloc(32, 1).toString('base64')},old:${Buffer.alloc(32, 2).toString('base64')}`

export const keyring = keyringSetting.parse(secretKeys)

/** Where nothing listens. */
export const nobody = '127.0.0.1:1'

interface Settings {
  readonly store: FreshStore
  readonly redisUrl: string
  readonly more: Readonly<Record<string, string>>
}

export const operatorConfig = ({ store, redisUrl, more }: Settings): OperatorConfig =>
  readOperatorConfig({
    KONSTRUCT_DATABASE_URL: store.urls.operator.reveal(),
    KONSTRUCT_REDIS_URL: redisUrl,
    KONSTRUCT_KAFKA_BROKERS: nobody,
    KONSTRUCT_SECRET_KEYS: secretKeys,
    KONSTRUCT_ADMIN_PORT: '0',
    KONSTRUCT_ADMIN_HOST: '127.0.0.1',
    ...more,
  })

export interface Standalone {
  readonly folder: string
  readonly store: FreshStore
  readonly redis: OpenRedis['redis']
  /** Puts a manifest into the folder, or replaces it. */
  write(file: string, text: string): void
  remove(file: string): void
  /** The reading of one tenant in `GET /status`. */
  tenant(name: string): Promise<StatusReport['tenants'][number] | undefined>
  status(): Promise<StatusReport>
  /** Waits until a condition of the tenant is as told, of its newest generation. */
  condition(tenant: string, type: string, status: string): Promise<Condition>
  metrics(): Promise<string>
  /** Ends the operator and starts another one on the same folders and stores. */
  restart(more?: Readonly<Record<string, string>>): Promise<void>
  close(): Promise<void>
}

export const startStandalone = async (log: Log = silentLog): Promise<Standalone> => {
  const store = await freshStore()
  const { url: redisUrl } = await freshRedis()
  const opened = await openRedisAt(redisUrl)
  const base = mkdtempSync(join(tmpdir(), 'konstruct-standalone-'))
  const folder = join(base, 'manifests')
  mkdirSync(folder)
  const settings = {
    KONSTRUCT_SOURCE: 'folder',
    KONSTRUCT_MANIFESTS: folder,
    KONSTRUCT_STATE_DIR: join(base, 'state'),
  }
  const start = (more: Readonly<Record<string, string>>): Promise<Operator> =>
    startOperator(operatorConfig({ store, redisUrl, more: { ...settings, ...more } }), {
      log,
      schemas: resourceSchemas,
      onLeadershipLost: () => {},
    })
  let operator = await start({})
  const get = (path: string) => fetch(`http://127.0.0.1:${operator.adminPort}${path}`)
  const status = async (): Promise<StatusReport> => (await (await get('/status')).json()) as StatusReport
  const tenant = async (name: string) => (await status()).tenants.find((one) => one.name === name)
  return {
    folder,
    store,
    redis: opened.redis,
    write: (file, text) => writeFileSync(join(folder, file), text),
    remove: (file) => rmSync(join(folder, file)),
    status,
    tenant,
    condition: (name, type, wanted) =>
      waitUntil({ until: `${type} of ${name} is ${wanted}`, deadlineMs: 15_000 }, async () => {
        const found = await tenant(name)
        const condition = found?.conditions.find((one) => one.type === type)
        const isCurrent = condition?.observedGeneration === found?.generation
        return isCurrent && condition?.status === wanted ? condition : undefined
      }),
    metrics: async () => (await get('/metrics')).text(),
    restart: async (more = {}) => {
      await operator.stop()
      operator = await start(more)
    },
    close: async () => {
      await operator.stop()
      opened.close()
      await store.close()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

/** Puts the sample of a tenant into the folder. */
export const copySample = ({ folder }: Standalone, name: string): void =>
  copyFileSync(join(samplesFolder, `${name}.yaml`), join(folder, `${name}.yaml`))
