// All manifests that must be refused. The standalone judge and the API server are both held to this table.
import { badAgents } from './bad-agents.ts'
import { badChannels } from './bad-channels.ts'
import type { BadManifest } from './bad-manifest.ts'
import { badModels } from './bad-models.ts'
import { badTenants } from './bad-tenants.ts'

export const badManifests: readonly BadManifest[] = [
  ...badTenants,
  ...badModels,
  ...badChannels,
  ...badAgents,
]
