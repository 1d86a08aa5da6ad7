// The two resources as the operator reads them, after defaulting and validation.
import type { AgentSpec } from '../../services/shared/domain/resources/agent.ts'
import type { TenantSpec } from '../../services/shared/domain/resources/tenant.ts'
import type { ObjectMeta } from '../kube/resource.ts'

export const apiVersion = 'konstruct.dev/v1alpha1'

interface Resource<Kind extends string, Spec> {
  readonly apiVersion: typeof apiVersion
  readonly kind: Kind
  readonly metadata: ObjectMeta
  readonly spec: Spec
}

export type TenantResource = Resource<'Tenant', TenantSpec>
export type AgentResource = Resource<'Agent', AgentSpec>

export interface Resources {
  readonly Tenant: TenantResource
  readonly Agent: AgentResource
}

export type ResourceKind = keyof Resources
