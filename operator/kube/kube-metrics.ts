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
