// What one check found: a condition that does not know yet when it began, and who has to do something about it.
import type { KonstructError } from '../../services/shared/runtime/errors.ts'

export interface Finding {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word that programs can rely on. */
  readonly reason: string
  /** Says what to do, and holds no secret. */
  readonly message: string
  /**
   * What makes it hold, when it does not:
   * `edit`: someone changes this resource; `other`: another resource, which may be on its way; `wait`: we try again.
   */
  readonly remedy?: 'edit' | 'other' | 'wait'
}

/** @param reason a CamelCase word */
export const holds = (type: string, reason: string, message: string): Finding => ({
  type,
  status: 'True',
  reason,
  message,
})

export const fails = (
  type: string,
  remedy: NonNullable<Finding['remedy']>,
  { reason, message }: { readonly reason: string; readonly message: string },
): Finding => ({ type, status: 'False', remedy, reason, message })

const reasons: Readonly<Record<string, string>> = {
  STORE_UNAVAILABLE: 'PostgresUnavailable',
  STORE_SCHEMA_OUTDATED: 'SchemaOutdated',
  REDIS_UNAVAILABLE: 'RedisUnavailable',
  BUS_UNAVAILABLE: 'KafkaUnavailable',
  KUBE_UNAVAILABLE: 'KubernetesUnavailable',
  KUBE_REFUSED: 'KubernetesRefused',
  KUBE_FORBIDDEN: 'KubernetesForbidden',
  TENANT_NAME_TAKEN: 'NameTaken',
}

/** A part is away or failed; it is tried again. Only sentences of our own go out, since a cause may quote anything. */
export const waitsFor = (type: string, error: KonstructError): Finding => ({
  type,
  status: 'Unknown',
  remedy: 'wait',
  reason: reasons[error.code] ?? 'InternalError',
  message: `${error.message} It is tried again.`,
})
