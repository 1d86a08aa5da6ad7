// What the demo keeps between runs: the data of its stores, the operator's state, the keys, the logs. One demo at a
// time: what a killed one left is found here by the next.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../parts/cache.ts'

export interface DemoKeys {
  /** The roles' password in PostgreSQL. */
  readonly databasePassword: string
  /** As KONSTRUCT_SECRET_KEYS takes it. */
  readonly secretKeys: string
  /** As KONSTRUCT_VISITOR_KEY takes it. */
  readonly visitorKey: string
}

export interface DemoFolder {
  readonly path: string
  readonly keys: DemoKeys
  /** A folder of that name, made when missing. */
  folder(name: string): string
  /** A log file of that name. */
  log(name: string): string
}

const newKeys = (): DemoKeys => ({
  databasePassword: randomBytes(18).toString('base64url'),
  secretKeys: `demo:${randomBytes(32).toString('base64')}`,
  visitorKey: randomBytes(32).toString('base64'),
})

const readKeys = (file: string): DemoKeys => {
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(newKeys()), { mode: 0o600 })
  return JSON.parse(readFileSync(file, 'utf8')) as DemoKeys
}

/** In the cache, unless `KONSTRUCT_DEMO_FOLDER` names another place. */
export const openDemoFolder = (
  path = process.env['KONSTRUCT_DEMO_FOLDER'] ?? join(cacheFolder(), 'demo'),
): DemoFolder => {
  const folder = (name: string): string => {
    const made = join(path, name)
    mkdirSync(made, { recursive: true })
    return made
  }
  folder('')
  return {
    path,
    keys: readKeys(join(path, 'keys.json')),
    folder,
    log: (name) => join(folder('logs'), `${name}.log`),
  }
}
