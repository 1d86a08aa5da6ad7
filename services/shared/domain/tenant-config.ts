// What the operator publishes of a tenant and the services work with: the resources' specs, defaulted and checked,
// under the names that they were applied with.
import type { AgentCard } from './frames.ts'
import type { AgentSpec } from './resources/agent.ts'
import type { TenantSpec, WebChannel } from './resources/tenant.ts'

/** `suspended` and `deleting` admit nothing; `retained` is a deleted Tenant whose data was kept. */
export type TenantState = 'active' | 'suspended' | 'deleting' | 'retained'

export interface AgentConfig {
  readonly name: string
  readonly spec: AgentSpec
}

export interface TenantConfig {
  readonly tenant: string
  readonly state: TenantState
  /** Grows with every change; changes of one tenant are seen in order. */
  readonly revision: number
  readonly spec: TenantSpec
  readonly web: WebChannel | null
  readonly agents: ReadonlyMap<string, AgentConfig>
}

/** Where a Secret that a spec refers to is kept: one name per reference. */
export const modelSecretName = (model: string): string => `models/${model}/api-key`
export const webJwtSecretName = 'channels/web/jwt'

/** The agents that a user with these roles may know of. Agents of no roles are for everyone. */
export const visibleAgents = (config: TenantConfig, roles: readonly string[]): readonly AgentConfig[] =>
  [...config.agents.values()].filter(
    (agent) =>
      agent.spec.access === undefined || agent.spec.access.roles.some((role) => roles.includes(role)),
  )

export const agentCard = ({ name, spec }: AgentConfig): AgentCard => ({
  name,
  displayName: spec.displayName,
  greeting: spec.greeting ?? '',
})
