// What is measured: durable PostgreSQL, Redis, Kafka, the operator, one gateway, one orchestrator and the model, each a
// process of its own, on fresh data.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { awaitTenants } from '../demo/await-tenants.ts'
import { openDemoFolder } from '../demo/demo-folder.ts'
import type { Kept } from '../demo/keep-running.ts'
import { startPlatform } from '../demo/start-platform.ts'
import { startStores, type Stores } from '../demo/start-stores.ts'
import { cacheFolder } from '../parts/cache.ts'
import { freePort } from '../parts/free-port.ts'
import { startLeashed } from '../parts/leashed-program.ts'
import type { Report } from '../parts/part.ts'
import { benchTenant, writeBenchTenant } from './bench-tenant.ts'

export interface Subject {
  readonly gatewayUrl: string
  readonly modelUrl: string
  readonly stores: Stores
  /** Lets PostgreSQL learn what is in its tables, as autovacuum does within a minute of the first messages. */
  analyze(): Promise<void>
  /** The texts of `/metrics` of the gateway and the orchestrator. */
  readMetrics(): Promise<readonly string[]>
}

/** What was started, the newest first; whoever started it stops it. */
export type Running = Pick<Kept, 'stop'>[]

const startModel = async (logFile: string, running: Running): Promise<string> => {
  const port = await freePort()
  const model = await startLeashed({
    name: 'demo model',
    command: process.execPath,
    args: [new URL('../demo-model/main.ts', import.meta.url).pathname],
    env: { KONSTRUCT_DEMO_MODEL_PORT: String(port) },
    logFile,
  })
  running.unshift(model)
  return `http://127.0.0.1:${port}/v1`
}

/** On a disk, as production is; a temporary folder may be memory. Whatever a run that was killed left is removed first. */
const openFolder = (running: Running) => {
  const path = join(cacheFolder(), 'bench')
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  remove()
  running.unshift({ stop: () => Promise.resolve(remove()) })
  return openDemoFolder(path)
}

const analyze = async (ownerUrl: string): Promise<void> => {
  const owner = new Client({ connectionString: ownerUrl })
  await owner.connect()
  await owner.query('analyze')
  await owner.end()
}

export const startSubject = async (running: Running, report: Report): Promise<Subject> => {
  const folder = openFolder(running)
  const stores = await startStores(folder, report)
  running.unshift(...stores.kept)
  const modelUrl = await startModel(folder.log('model'), running)
  const manifests = folder.folder('manifests')
  writeBenchTenant(manifests, modelUrl)
  const port = await freePort()
  const args = { once: undefined, kubernetes: false, gateways: 1, orchestrators: 1, port }
  const platform = await startPlatform({ folder, stores, source: { manifests }, args, report })
  running.unshift(...platform.services)
  await awaitTenants(platform.operator.adminUrl, [benchTenant], 30_000)
  const measured = platform.services.filter((service) => service !== platform.operator)
  return {
    gatewayUrl: platform.gatewayUrls[0] ?? '',
    modelUrl,
    stores,
    analyze: () => analyze(stores.databases.owner.reveal()),
    readMetrics: () =>
      Promise.all(measured.map(async ({ adminUrl }) => (await fetch(`${adminUrl}/metrics`)).text())),
  }
}
