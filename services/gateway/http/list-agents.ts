// GET agents: those that this user may talk to. The others do not exist for them.
import type { Response } from 'express'
import { agentCard, visibleAgents } from '../../shared/domain/tenant-config.ts'
import { authorize, type ApiPorts, type TenantRequest } from './api-ports.ts'

export const listAgents =
  (ports: ApiPorts) =>
  async (request: TenantRequest, response: Response): Promise<void> => {
    const { known, identity } = await authorize(ports, request)
    response.json({ agents: visibleAgents(known.config, identity.roles).map(agentCard) })
  }
