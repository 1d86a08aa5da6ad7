// Tells a Prometheus which pods there are, in a file that it watches: Debian's has no discovery of its own for Kubernetes.
// The labels are those that the chart's PodMonitor gives: prometheus-operator.test.ts holds it to them.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from '../../dev/cluster/kubectl.ts'

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
    readonly status: { readonly podIP?: string }
  }[]
}

const lookEveryMs = 1_000
const component = 'app.kubernetes.io/component'
const parts = `${component} in (operator, gateway, orchestrator)`

const targetsIn = ({ items }: Pods): readonly object[] =>
  items.flatMap(({ metadata, status }) => {
    if (status.podIP === undefined) return []
    const labels = {
      namespace: 'konstruct',
      pod: metadata.name,
      job: `konstruct-${metadata.labels[component]}`,
    }
    return [{ targets: [`${status.podIP}:9090`], labels }]
  })

export class PodTargets {
  readonly #kubectl: Kubectl
  readonly #folder = mkdtempSync(join(tmpdir(), 'konstruct-targets-'))
  readonly #over = new AbortController()
  readonly #following: Promise<void>

  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl
    writeFileSync(this.file, '[]')
    this.#following = this.#follow()
  }

  /** For `file_sd_configs`. */
  get file(): string {
    return join(this.#folder, 'targets.json')
  }

  async end(): Promise<void> {
    this.#over.abort()
    await this.#following
    rmSync(this.#folder, { recursive: true })
  }

  async #follow(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      const args = ['-n', 'konstruct', 'get', 'pods', '-l', parts, '-o', 'json']
      const found = await this.#kubectl.run(...args).catch(() => '{"items":[]}')
      const next = join(this.#folder, 'next')
      writeFileSync(next, JSON.stringify(targetsIn(JSON.parse(found) as Pods)))
      renameSync(next, this.file)
      await sleep(lookEveryMs, undefined, { signal }).catch(() => {})
    }
  }
}
