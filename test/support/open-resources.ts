// What keeps this process alive: sockets, servers, timers, child processes. Node tells the kinds; the handles
// behind them, which only an undocumented call gives, tell which address or program, so that a leak has a name.
import { ChildProcess } from 'node:child_process'
import { Server, Socket } from 'node:net'

const handles = (): readonly unknown[] => {
  const list = Reflect.get(process, '_getActiveHandles') as (() => unknown[]) | undefined
  return list === undefined ? [] : list.call(process)
}

const nameOf = (handle: unknown): string[] => {
  if (handle instanceof ChildProcess) return [`child process ${handle.pid} (${handle.spawnargs.join(' ')})`]
  if (handle instanceof Server) return [`server on ${JSON.stringify(handle.address())}`]
  if (handle instanceof Socket && handle.remotePort !== undefined)
    return [`socket to ${handle.remoteAddress}:${handle.remotePort}`]
  return []
}

/** The kinds of all active resources, one entry for each, as Node counts them. */
export const openResources = (): readonly string[] => process.getActiveResourcesInfo()

/** A sentence about kinds that should not be there, with the addresses and programs that are known. */
export const describeOpen = (kinds: readonly string[]): string => {
  const counts = Map.groupBy(kinds, (kind) => kind)
  const summary = [...counts].map(([kind, all]) => `${all.length} ${kind}`).join(', ')
  const names = handles().flatMap(nameOf)
  return names.length === 0 ? summary : `${summary} (${names.join('; ')})`
}
