// What tests of the operator need of the shared kube-apiserver: a namespace of their own, and to be someone else than
// its admin.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeKubeconfig } from '../../dev/parts/kubeconfig.ts'
import type { KubePart } from '../../dev/parts/kube-apiserver.ts'
import { kubeApiserver } from './parts.ts'

const run = promisify(execFile)

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ]
}

/** Runs kubectl as the admin and gives what it printed. @throws Error with `stderr` when it fails. */
export const kubectl = async (...args: readonly string[]): Promise<string> => {
  const kube = await kubeApiserver()
  return (await run(kube.kubectl, ['--kubeconfig', kube.kubeconfig, ...args])).stdout
}

/** A namespace that no other test has. Nothing deletes its objects for good: there is no controller for that. */
export const freshNamespace = async (): Promise<string> => {
  const name = `test-${randomBytes(5).toString('hex')}`
  await kubectl('create', 'namespace', name)
  return name
}

/** The path of a kubeconfig for a service account, which is made when it is not there. */
export const serviceAccountKubeconfig = async (
  kube: KubePart,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string> => {
  await kubectl('--namespace', namespace, 'create', 'serviceaccount', name).catch((error: unknown) => {
    if (!String((error as { stderr?: unknown }).stderr).includes('AlreadyExists')) throw error
  })
  const token = (await kubectl('--namespace', namespace, 'create', 'token', name)).trim()
  const { cluster } = (JSON.parse(readFileSync(kube.kubeconfig, 'utf8')) as Kubeconfig).clusters[0]
  return writeKubeconfig(join(kube.kubeconfig, `../kubeconfig-${namespace}-${name}`), {
    server: cluster.server,
    certificate: Buffer.from(cluster['certificate-authority-data'], 'base64').toString(),
    token,
    namespace,
  })
}
