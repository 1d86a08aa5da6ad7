// The pods of a release, to look at and to kill.
import { killContainer } from './kill-container.ts'
import type { Release } from './release.ts'

export const parts = ['orchestrator', 'gateway', 'operator'] as const
export type PartName = (typeof parts)[number]

interface ContainerStatus {
  readonly restartCount: number
  readonly ready: boolean
}

interface Pod {
  readonly metadata: { readonly name: string }
  readonly status: { readonly containerStatuses?: readonly ContainerStatus[] }
}

export class Pods {
  readonly #release: Release

  constructor(release: Release) {
    this.#release = release
  }

  /** The names of a part's pods, the oldest first: people are connected to it. */
  async names(part: PartName): Promise<readonly string[]> {
    return (await this.#list(part)).map(({ metadata }) => metadata.name)
  }

  async oldest(part: PartName): Promise<string> {
    const [name] = await this.names(part)
    if (name === undefined) throw new Error(`There is no pod of ${part}.`)
    return name
  }

  /** Name → how often the pod's container was started again. */
  async restarts(): Promise<ReadonlyMap<string, number>> {
    const pods = (await Promise.all(parts.map((part) => this.#list(part)))).flat()
    return new Map(
      pods.map(({ metadata, status }) => [metadata.name, status.containerStatuses?.[0]?.restartCount ?? 0]),
    )
  }

  async areReady(part: PartName): Promise<boolean> {
    return (await this.#list(part)).every(({ status }) => status.containerStatuses?.[0]?.ready)
  }

  /** What new pods of the part run. */
  image(part: PartName): Promise<string> {
    const path = 'jsonpath={.spec.template.spec.containers[0].image}'
    return this.kubectl('get', `deployment/konstruct-${part}`, '-o', path)
  }

  /** Resolves when as many pods of the part as are wanted are there and ready. */
  async untilReady(part: PartName): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/konstruct-${part}`, '--timeout=120s')
  }

  /** New pods take the place of the part's pods, one by one. */
  async restart(part: PartName): Promise<void> {
    await this.kubectl('rollout', 'restart', `deployment/konstruct-${part}`)
  }

  async scale(part: PartName, replicas: number): Promise<void> {
    await this.kubectl('scale', `deployment/konstruct-${part}`, `--replicas=${replicas}`)
  }

  /** Without grace. */
  async delete(pod: string): Promise<void> {
    await this.kubectl('delete', 'pod', pod, '--grace-period=0', '--force')
  }

  /** The pod stays, and its process is started again. */
  async killProcess(pod: string): Promise<void> {
    await killContainer({ ...this.#release.cluster, namespace: 'konstruct', pod })
  }

  /** In the namespace of the release. */
  kubectl(...args: string[]): Promise<string> {
    return this.#release.kubectl.run('-n', 'konstruct', ...args)
  }

  async #list(part: PartName): Promise<readonly Pod[]> {
    const which = ['-l', `app.kubernetes.io/component=${part}`, '--sort-by=.metadata.creationTimestamp']
    const found = await this.kubectl('get', 'pods', ...which, '-o', 'json')
    return (JSON.parse(found) as { readonly items: readonly Pod[] }).items
  }
}
