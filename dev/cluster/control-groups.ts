// The control groups of a node's containers: all below one group of ours, in every hierarchy of version 1 or in the one
// of version 2. The kernel keeps groups when their processes are gone, so they are removed by hand.
import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** Below the root of each hierarchy. */
export const groupName = 'konstruct'

const mountPoint = '/sys/fs/cgroup'

/** Version 2 has one hierarchy, and the file that lists its controllers is at the top. */
const hierarchies = (root: string): readonly string[] => {
  if (existsSync(join(root, 'cgroup.controllers'))) return [root]
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => lstatSync(path).isDirectory())
}

export const makeControlGroups = (root = mountPoint): void => {
  for (const hierarchy of hierarchies(root)) mkdirSync(join(hierarchy, groupName), { recursive: true })
}

const removeGroup = (group: string): void => {
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(group, entry.name))
  rmdirSync(group)
}

/** @throws Error when a process is still in one of them. */
export const removeControlGroups = (root = mountPoint): void => {
  for (const group of leftGroups(root)) removeGroup(group)
}

/** Those that are there. */
export const leftGroups = (root = mountPoint): readonly string[] =>
  hierarchies(root)
    .map((hierarchy) => join(hierarchy, groupName))
    .filter((path) => existsSync(path))
