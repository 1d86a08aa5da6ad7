// Where a cluster keeps what it is made of while it is there: one folder in the cache, removed with it. There is one
// cluster on a machine, because its addresses are fixed.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../parts/cache.ts'

export interface ClusterFolder {
  readonly path: string
  readonly kubeconfig: string
  /** A folder of that name, made when missing. */
  folder(name: string): string
  log(name: string): string
  /** The anchor's own line of /proc, which it writes before it does anything else. */
  readonly anchor: string
}

export const openClusterFolder = (path = join(cacheFolder(), 'cluster')): ClusterFolder => {
  const folder = (name: string): string => {
    const made = join(path, name)
    mkdirSync(made, { recursive: true })
    return made
  }
  return {
    path,
    kubeconfig: join(path, 'kubeconfig'),
    anchor: join(path, 'anchor'),
    folder,
    log: (name) => join(folder('logs'), `${name}.log`),
  }
}

const mark = ({ path }: ClusterFolder): string => join(path, 'complete')

/** `up` has come to its end: without this mark it is still at work, or was killed. */
export const markComplete = (folder: ClusterFolder): void => writeFileSync(mark(folder), '')

export const isMarkedComplete = (folder: ClusterFolder): boolean => existsSync(mark(folder))

export const removeClusterFolder = ({ path }: ClusterFolder): void =>
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
