// The two resources as the operator reads them, after defaulting and validation.
import type { AgentSpec } from '../../services/shared/domain/resources/agent.ts'
import type { TenantSpec } from '../../services/shared/domain/resources/tenant.ts'

export const apiVersion = 'konstruct.dev/v1alpha1'

/** The part of Kubernetes' ObjectMeta that the operator reads. Without Kubernetes only `name` is sure to be there. */
export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly generation?: number
  readonly resourceVersion?: string
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface Resource<Kind extends string, Spec> {
  readonly apiVersion: typeof apiVersion
  readonly kind: Kind
  readonly metadata: Metadata
  readonly spec: Spec
}

export type TenantResource = Resource<'Tenant', TenantSpec>
export type AgentResource = Resource<'Agent', AgentSpec>

export interface Resources {
  readonly Tenant: TenantResource
  readonly Agent: AgentResource
}

export type ResourceKind = keyof Resources
