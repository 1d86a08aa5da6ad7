// What an Agent must not say.
import type { BadManifest } from './bad-manifest.ts'
import { anAgent } from './manifests.ts'

export const badAgents: readonly BadManifest[] = [
  {
    title: 'a name that is no DNS label',
    manifest: anAgent({}, 'helper.eu'),
    path: '',
    says: 'metadata.name is the id of the agent',
  },
  {
    title: 'no spec',
    manifest: { apiVersion: 'konstruct.dev/v1alpha1', kind: 'Agent', metadata: { name: 'helper' } },
    path: 'spec',
    says: 'write a spec with at least tenant, displayName and instructions',
  },
  {
    title: 'no tenant',
    manifest: anAgent({ tenant: undefined }),
    path: 'spec.tenant',
    says: 'write the name of the Tenant',
  },
  {
    title: 'a tenant that no Tenant can be named',
    manifest: anAgent({ tenant: 'tidy:eu' }),
    path: 'spec.tenant',
    says: 'write the name of a Tenant',
  },
  {
    title: 'a move to another tenant',
    old: anAgent(),
    manifest: anAgent({ tenant: 'other' }),
    path: 'spec.tenant',
    says: 'an agent stays with its tenant',
  },
  {
    title: 'no displayName',
    manifest: anAgent({ displayName: undefined }),
    path: 'spec.displayName',
    says: 'as in displayName: Ava',
  },
  {
    title: 'no instructions',
    manifest: anAgent({ instructions: undefined }),
    path: 'spec.instructions',
    says: 'as you would to a new colleague',
  },
  {
    title: 'blank instructions',
    manifest: anAgent({ instructions: '\n  \n' }),
    path: 'spec.instructions',
    says: 'as you would to a new colleague',
  },
  {
    title: 'instructions like a book',
    manifest: anAgent({ instructions: 'x'.repeat(32_769) }),
    path: 'spec.instructions',
    says: 'Too long: may not be more than 32768 bytes',
  },
  {
    title: 'a model that no model can be named',
    manifest: anAgent({ model: 'GPT 5' }),
    path: 'spec.model',
    says: 'write the name of one of the models of the tenant',
  },
  {
    title: 'an empty greeting',
    manifest: anAgent({ greeting: '' }),
    path: 'spec.greeting',
    says: 'or leave out greeting',
  },
  {
    title: 'a memory of everything',
    manifest: anAgent({ memory: { maxMessages: 10_000 } }),
    path: 'spec.memory.maxMessages',
    says: 'write a number of messages from 1 to 200',
  },
  {
    title: 'a memory for ever',
    manifest: anAgent({ memory: { ttl: '99999h' } }),
    path: 'spec.memory.ttl',
    says: 'write a duration from 1m to 720h',
  },
  {
    title: 'a memory as a number',
    manifest: anAgent({ memory: 20 }),
    path: 'spec.memory',
    says: 'must be of type object: "integer"',
  },
  {
    title: 'access for nobody',
    manifest: anAgent({ access: { roles: [] } }),
    path: 'spec.access.roles',
    says: 'or leave out access so that everyone may talk to the agent',
  },
  {
    title: 'access without roles',
    manifest: anAgent({ access: {} }),
    path: 'spec.access.roles',
    says: 'or leave out access so that everyone may talk to the agent',
  },
  {
    title: 'a blank role',
    manifest: anAgent({ access: { roles: ['staff', ''] } }),
    path: 'spec.access.roles[1]',
    says: 'as in staff',
  },
]
