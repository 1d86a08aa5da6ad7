// Step 5, pure: what is true of the tenant and its agents now, as a chain of checks. The first that does not hold is
// what Ready says, so they stand in the order in which a person would repair them.
import type { AgentStatus } from '../../services/shared/domain/resources/agent.ts'
import type { TenantStatus } from '../../services/shared/domain/resources/tenant.ts'
import type { DesiredAgent, DesiredTenant } from '../source/desired-source.ts'
import type { Failures } from './apply.ts'
import type { CheckedTenant } from './check-resource.ts'
import { checkAccepted } from './checks/check-accepted.ts'
import { checkChannels, openChannels } from './checks/check-channels.ts'
import { checkIsolation } from './checks/check-isolation.ts'
import { checkPublished } from './checks/check-published.ts'
import { checkSecrets } from './checks/check-secrets.ts'
import { checkTopics } from './checks/check-topics.ts'
import { toConditions } from './conditions.ts'
import type { Desired } from './desire.ts'
import { holds } from './finding.ts'
import { judgeAgent } from './judge-agent.ts'
import type { Observed } from './observe.ts'

export interface Verdict {
  /** Undefined when there is no Tenant. */
  readonly tenant: { readonly object: DesiredTenant; readonly status: TenantStatus } | undefined
  readonly agents: readonly { readonly object: DesiredAgent; readonly status: AgentStatus }[]
}

interface Facts {
  readonly observed: Observed
  readonly desired: Desired
  readonly failures: Failures
}

const judgeTenant = (tenant: CheckedTenant, { observed, desired, failures }: Facts): TenantStatus => {
  const { generation, status } = tenant.object
  const findings = [
    checkAccepted(observed, desired),
    checkSecrets(observed),
    checkPublished(observed, desired, failures),
    checkIsolation(observed),
    checkChannels(observed, desired),
    checkTopics(observed),
  ].filter((finding) => finding !== undefined)
  const ready = tenant.spec?.suspended
    ? holds('Ready', 'Suspended', 'Suspended, as asked for. Nothing is deleted.')
    : holds('Ready', 'Ready', 'People can chat.')
  const before = { conditions: status?.conditions ?? [], generation, now: observed.now }
  return {
    observedGeneration: generation,
    agents: observed.agents.length,
    channels: openChannels(desired),
    conditions: toConditions(ready, findings, before),
  }
}

export const judge = (facts: Facts): Verdict => {
  const { tenant, agents } = facts.observed
  return {
    tenant: tenant && { object: tenant.object, status: judgeTenant(tenant, facts) },
    agents: agents.map((agent) => ({ object: agent.object, status: judgeAgent(agent, facts) })),
  }
}
