// The conditions of one agent: whether it is valid, its tenant and model exist, and the services know it. Pure.
import type { AgentStatus } from '../../services/shared/domain/resources/agent.ts'
import type { Failures } from './apply.ts'
import type { CheckedAgent } from './check-resource.ts'
import { describeProblems } from './checks/check-accepted.ts'
import { checkPublished } from './checks/check-published.ts'
import { toConditions } from './conditions.ts'
import type { Desired } from './desire.ts'
import { fails, type Finding, holds } from './finding.ts'
import type { Observed } from './observe.ts'

const type = 'Accepted'

const checkTenant = ({ tenant, name, namespace }: Observed, { takenBy }: Desired): Finding | undefined => {
  if (tenant === undefined)
    return fails(type, 'other', {
      reason: 'TenantNotFound',
      message: `Create the Tenant ${name} in the namespace ${namespace}, or name another one.`,
    })
  if (tenant.object.deletedAt !== undefined)
    return fails(type, 'other', {
      reason: 'TenantDeleting',
      message: `The Tenant ${name} is being deleted.`,
    })
  if (tenant.spec === null || takenBy !== undefined)
    return fails(type, 'other', {
      reason: 'TenantNotAccepted',
      message: `The Tenant ${name} is not accepted: see its own status.`,
    })
  return undefined
}

const checkAgent = (agent: CheckedAgent, observed: Observed, desired: Desired): Finding => {
  if (agent.problems.length > 0)
    return fails(type, 'edit', { reason: 'Invalid', message: `${describeProblems(agent.problems)}.` })
  const amiss = checkTenant(observed, desired)
  if (amiss !== undefined) return amiss
  const models = observed.tenant?.spec?.models.map(({ name }) => name) ?? []
  const model = agent.spec?.model ?? ''
  if (!models.includes(model))
    return fails(type, 'other', {
      reason: 'ModelNotFound',
      message: `The Tenant ${observed.name} has no model ${model}: choose one of ${models.join(', ')}, or add it there.`,
    })
  return holds(type, 'Valid', 'The Agent is valid, and its tenant has its model.')
}

export const judgeAgent = (
  agent: CheckedAgent,
  { observed, desired, failures }: { observed: Observed; desired: Desired; failures: Failures },
): AgentStatus => {
  const { generation, name, status } = agent.object
  const ready = holds('Ready', 'Ready', `${name} answers.`)
  const accepted = checkAgent(agent, observed, desired)
  const published =
    accepted.status === 'True'
      ? checkPublished(observed, desired, failures)
      : fails('Published', 'edit', { reason: 'NotAccepted', message: 'Only an accepted Agent is published.' })
  const findings = [accepted, published]
  const before = { conditions: status?.conditions ?? [], generation, now: observed.now }
  return { observedGeneration: generation, conditions: toConditions(ready, findings, before) }
}
