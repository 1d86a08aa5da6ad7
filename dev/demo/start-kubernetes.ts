// A kube-apiserver for the demo, with the two CRDs; what is applied to it is what runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { startKubeApiserver } from '../parts/kube-apiserver.ts'
import type { Report } from '../parts/part.ts'
import { runCommand } from '../parts/run-command.ts'
import { freePort } from '../parts/free-port.ts'
import type { DemoFolder } from './demo-folder.ts'
import { keepRunning, type Kept } from './keep-running.ts'

export interface DemoKubernetes {
  readonly kept: Kept
  readonly kubeconfig: string
  readonly kubectl: string
  /** `kubectl apply -f`, tried again while the API server is still learning the new kinds. */
  apply(path: string): Promise<void>
}

const crdsFolder = new URL('../../crds', import.meta.url).pathname
const applyTries = 20

export const startKubernetes = async (folder: DemoFolder, report: Report): Promise<DemoKubernetes> => {
  const port = await freePort()
  const start = () => startKubeApiserver({ port, folder: folder.folder('kubernetes'), report })
  const kept = await keepRunning({ name: 'kube-apiserver', start, report })
  const { kubeconfig, kubectl } = kept.first
  report('kube-apiserver runs.')
  const kubernetes: DemoKubernetes = {
    kept,
    kubeconfig,
    kubectl,
    apply: async (path) => {
      for (let tries = 1; ; tries += 1) {
        try {
          await runCommand({
            doing: `kubectl apply -f ${path}`,
            command: kubectl,
            args: ['--kubeconfig', kubeconfig, 'apply', '-f', path],
            report,
          })
          return
        } catch (thrown) {
          if (tries === applyTries) throw thrown
          await sleep(250)
        }
      }
    },
  }
  await kubernetes.apply(`${crdsFolder}/tenant.yaml`)
  await kubernetes.apply(`${crdsFolder}/agent.yaml`)
  return kubernetes
}
