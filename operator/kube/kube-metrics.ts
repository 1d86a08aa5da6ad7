// What the way to the API server counts, under client-go's names where it has them.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { ErrorCode } from '../../services/shared/runtime/errors.ts'

export interface ReflectorMetrics {
  listed(): void
  watched(): void
  failed(code: ErrorCode): void
  /** An event or a bookmark came. */
  heard(): void
  synced(): void
}

export interface KubeMetrics {
  /** @param code the HTTP status, or `<error>` when no answer came, as client-go has it */
  readonly requested: (method: string, code: number | '<error>') => void
  readonly reflector: (plural: string) => ReflectorMetrics
  /** @param readable asked at each scrape: by namespace, which is empty for all, whether it is known and can be read */
  readonly watchNamespaces: (readable: () => ReadonlyMap<string, boolean>) => void
}

const registerReadable = (registry: Registry): KubeMetrics['watchNamespaces'] => {
  let look = (): ReadonlyMap<string, boolean> => new Map()
  void new Gauge({
    name: 'konstruct_namespace_readable',
    help: '1 while the Tenants and Agents of the namespace are known and can be read, else 0.',
    // `namespace` is the scraped pod's own.
    labelNames: ['watched_namespace'],
    registers: [registry],
    collect() {
      for (const [namespace, readable] of look()) this.set({ watched_namespace: namespace }, readable ? 1 : 0)
    },
  })
  return (readable) => void (look = readable)
}

/** Registers the metrics; call it once per registry. */
export const createKubeMetrics = (registry: Registry): KubeMetrics => {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames: ['name'], registers })

  const requests = counter('rest_client_requests_total', 'Requests to the API server.', 'code', 'method')
  const lists = counter('reflector_lists_total', 'Lists read.', 'name')
  const watches = counter('reflector_watches_total', 'Watches opened.', 'name')
  const failures = counter('reflector_failures_total', 'Lists and watches that failed.', 'name', 'code')
  const synced = gauge('reflector_synced', '1 once the first list was read.')
  const heard = gauge('reflector_last_heard_timestamp_seconds', 'When the last event or bookmark came.')

  return {
    watchNamespaces: registerReadable(registry),
    requested: (method, code) => requests.inc({ method, code: String(code) }),
    reflector: (name) => {
      lists.inc({ name }, 0)
      watches.inc({ name }, 0)
      failures.inc({ name, code: 'KUBE_EXPIRED' }, 0)
      failures.inc({ name, code: 'KUBE_UNAVAILABLE' }, 0)
      synced.set({ name }, 0)
      return {
        listed: () => lists.inc({ name }),
        watched: () => watches.inc({ name }),
        failed: (code) => failures.inc({ name, code }),
        heard: () => heard.setToCurrentTime({ name }),
        synced: () => synced.set({ name }, 1),
      }
    },
  }
}
