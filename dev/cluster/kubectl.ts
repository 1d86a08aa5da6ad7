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

/** Applies objects that are made here. */
export const applyObject = async (kubectl: Kubectl, folder: string, object: object): Promise<void> => {
  const file = join(folder, 'apply.json')
  writeFileSync(file, JSON.stringify(object))
  await kubectl.run('apply', '-f', file)
}
