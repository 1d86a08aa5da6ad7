// Gathers what a prompt is made of, at the moment of the claim, so that an edited instruction counts for the next turn.
import { modelSecretName, type AgentConfig } from '../shared/domain/tenant-config.ts'
import { durationSeconds } from '../shared/domain/duration.ts'
import type { Model } from '../shared/domain/resources/tenant.ts'
import type { Remembered } from '../shared/redis/short-memory.ts'
import { KonstructError } from '../shared/runtime/errors.ts'
import type { Secret } from '../shared/runtime/read-config.ts'
import type { ClaimedTurn } from '../shared/store/claim-turn.ts'
import type { AgentMemory, MemoryOf } from './agent-memory.ts'
import { findAgent, type FindAgentPorts } from './find-agent.ts'

export interface ContextPorts extends FindAgentPorts {
  readonly memory: AgentMemory
}

export interface TurnContext {
  readonly agent: AgentConfig
  readonly model: Model
  readonly apiKey: Secret | null
  readonly exchanges: readonly Remembered[]
  /** Where this turn's exchange is to be remembered. */
  readonly memoryOf: MemoryOf
}

/** @throws KonstructError `AGENT_NOT_FOUND`, `TENANT_SUSPENDED`, `MODEL_UNAVAILABLE`, `SECRET_UNREADABLE`, `STORE_UNAVAILABLE` */
export const loadContext = async (ports: ContextPorts, claim: ClaimedTurn): Promise<TurnContext> => {
  const { tenant } = claim.ref
  const { uid, agent: name } = claim
  const { config, agent, secret } = await findAgent(ports, { tenant, uid, agent: name })
  const model = config.spec.models.find(({ name }) => name === agent.spec.model)
  if (model === undefined)
    throw new KonstructError('MODEL_UNAVAILABLE', {
      message: `The agent names the model ${agent.spec.model}, which its tenant does not have.`,
    })
  const memoryOf = { tenant, agent: agent.name, user: claim.user, bounds: boundsOf(agent) }
  return {
    agent,
    model,
    apiKey: secret(modelSecretName(model.name)),
    exchanges: await ports.memory.recall(memoryOf, claim.lastExchange),
    memoryOf,
  }
}

/** An exchange is two messages; an odd one out would be a reply without its question. */
const boundsOf = ({ spec }: AgentConfig): MemoryOf['bounds'] => ({
  exchanges: Math.floor(spec.memory.maxMessages / 2),
  ttlSeconds: durationSeconds(spec.memory.ttl),
})
