// A kube-apiserver of one's own with the CRDs, and operators in this process that follow it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KubePart } from '../../dev/parts/kube-apiserver.ts'
import { type Operator, startOperator } from '../../operator/operator.ts'
import { type Log, silentLog } from '../../services/shared/runtime/log.ts'
import { freshRedis } from '../support/fresh-redis.ts'
import { type FreshStore, freshStore } from '../support/fresh-store.ts'
import { type OpenRedis, openRedisAt } from '../support/open-redis.ts'
import { ownKubeApiserver } from '../support/parts.ts'
import { waitUntil } from '../support/wait-until.ts'
import { crdsFolder, resourceSchemas } from './resource-schemas.ts'
import { operatorConfig } from './standalone.ts'

const run = promisify(execFile)

/** A kube-apiserver with our CRDs. */
export interface AnApiServer {
  readonly kube: KubePart
  /** What kubectl printed. @throws Error with `stderr` when it fails */
  kubectl(...args: readonly string[]): Promise<string>
  /** Applies manifests in YAML or JSON; what kubectl printed. */
  apply(text: string): Promise<string>
  close(): Promise<void>
}

export interface OnKubernetes extends AnApiServer {
  readonly store: FreshStore
  readonly redis: OpenRedis['redis']
  /** An operator; several stand by for one another. It is ended at the end when the test does not. */
  startOperator(options?: { readonly onLost?: () => void; readonly log?: Log }): Promise<Operator>
}

const applyCrds = async (kubectl: AnApiServer['kubectl']): Promise<void> => {
  await kubectl('apply', '-f', join(crdsFolder, 'tenant.yaml'), '-f', join(crdsFolder, 'agent.yaml'))
  await waitUntil({ until: 'Tenants and Agents are served', deadlineMs: 30_000 }, async () => {
    await kubectl('get', 'tenants,agents', '--all-namespaces')
    return true
  })
}

const kubectlOf =
  (kube: KubePart) =>
  (args: readonly string[], input?: string): Promise<string> => {
    const child = run(kube.kubectl, ['--kubeconfig', kube.kubeconfig, ...args])
    child.child.stdin?.end(input)
    return child.then(({ stdout }) => stdout)
  }

export const anApiServer = async (): Promise<AnApiServer> => {
  const kube = await ownKubeApiserver()
  const ask = kubectlOf(kube)
  const kubectl = (...args: readonly string[]) => ask(args)
  await applyCrds(kubectl)
  return { kube, kubectl, apply: (text) => ask(['apply', '-f', '-'], text), close: () => kube.stop() }
}

export const onKubernetes = async (): Promise<OnKubernetes> => {
  const server = await anApiServer()
  const store = await freshStore()
  const { url: redisUrl } = await freshRedis()
  const opened = await openRedisAt(redisUrl)
  const operators = new Set<Operator>()
  const more = { KUBECONFIG: server.kube.kubeconfig, KONSTRUCT_NAMESPACE: 'default' }
  const config = operatorConfig({ store, redisUrl, more })
  return {
    ...server,
    store,
    redis: opened.redis,
    startOperator: async ({ onLost = () => {}, log = silentLog } = {}) => {
      const operator = await startOperator(config, {
        log,
        schemas: resourceSchemas,
        onLeadershipLost: onLost,
      })
      operators.add(operator)
      return { ...operator, stop: () => (operators.delete(operator), operator.stop()) }
    },
    close: async () => {
      await Promise.all([...operators].map((operator) => operator.stop()))
      opened.close()
      await store.close()
      await server.close()
    },
  }
}
