// The conditions of the tenants as numbers, for alerts.
import { Gauge, type Registry } from 'prom-client'
import type { TenantStatus } from '../../services/shared/domain/resources/tenant.ts'

interface TenantRef {
  readonly namespace: string
  readonly name: string
}

export interface TenantMetrics {
  conditions(tenant: TenantRef, status: TenantStatus): void
  /** The tenant is gone, and its series with it. */
  forget(tenant: TenantRef): void
}

export const createTenantMetrics = (registry: Registry): TenantMetrics => {
  const gauge = new Gauge({
    name: 'konstruct_tenant_condition',
    help: '1 while the condition of the tenant is True, else 0.',
    // `namespace` is the scraped pod's own.
    labelNames: ['tenant_namespace', 'tenant', 'condition'],
    registers: [registry],
  })
  const shown = new Map<string, ReadonlySet<string>>()
  const keyOf = ({ namespace, name }: TenantRef): string => `${namespace}/${name}`
  const show = (tenant: TenantRef, conditions: ReadonlyMap<string, boolean>): void => {
    const of = { tenant_namespace: tenant.namespace, tenant: tenant.name }
    for (const condition of shown.get(keyOf(tenant)) ?? [])
      if (!conditions.has(condition)) gauge.remove({ ...of, condition })
    for (const [condition, holds] of conditions) gauge.set({ ...of, condition }, holds ? 1 : 0)
    shown.set(keyOf(tenant), new Set(conditions.keys()))
  }
  return {
    conditions: (tenant, { conditions = [] }) =>
      show(tenant, new Map(conditions.map(({ type, status }) => [type, status === 'True']))),
    forget: (tenant) => {
      show(tenant, new Map())
      shown.delete(keyOf(tenant))
    },
  }
}
