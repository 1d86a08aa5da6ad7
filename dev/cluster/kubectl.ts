// Asks the cluster's API server, as its admin.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'

export interface Kubectl {
  /** Runs kubectl to its end. @returns what it printed. @throws Error with the end of that. */
  run(...args: string[]): Promise<string>
}

export const openKubectl = (program: string, kubeconfig: string, report: Report): Kubectl => ({
  run: (...args) =>
    runCommand({
      doing: `kubectl ${args.slice(0, 3).join(' ')}`,
      command: program,
      args: [`--kubeconfig=${kubeconfig}`, ...args],
      report,
    }),
})

const writeObject = (folder: string, object: object): string => {
  const file = join(folder, 'apply.json')
  writeFileSync(file, JSON.stringify(object), { mode: 0o600 })
  return file
}

/** Applies objects that are made here. */
export const applyObject = async (kubectl: Kubectl, folder: string, object: object): Promise<void> => {
  await kubectl.run('apply', '-f', writeObject(folder, object))
}

/** Deletes those of them that are there, and waits until they are gone. */
export const deleteObject = async (kubectl: Kubectl, folder: string, object: object): Promise<void> => {
  await kubectl.run('delete', '--ignore-not-found', '--timeout=120s', '-f', writeObject(folder, object))
}
